import { describe, expect, it, vi } from 'vitest';
import { Execution } from './execution.js';

const MANY = 3_000;

function running(parent?: Execution): Execution {
  const execution = new Execution(0, parent);
  execution.begin();
  return execution;
}

/** A load that waits for very many others. */
function waitingForMany(): Execution {
  const list = running();
  for (let item = 0; item < MANY; item += 1) list.beginWaitingFor({ execution: running() });
  return list;
}

/** A loader that very many others wait for. */
function awaitedByMany(): Execution {
  const loader = running();
  for (let waiter = 0; waiter < MANY; waiter += 1) running().beginWaitingFor({ execution: loader });
  return loader;
}

/** How many executions a question looks at: each is added to a set once. */
function looksOf(question: () => unknown): number {
  const added = vi.spyOn(Set.prototype, 'add');
  question();
  const looks = added.mock.calls.length;
  added.mockRestore();
  return looks;
}

describe('Whether a load awaits the loader that asks', () => {
  it('is found without a look at what the load waits for, if few wait for the loader', () => {
    const list = waitingForMany();
    const reader = running(running());
    expect(looksOf(() => list.awaits(reader))).toBeLessThan(5);
    expect(list.awaits(reader)).toBe(false);
  });

  it('is found without a look at what waits for the loader, if the load waits for few', () => {
    const loader = awaitedByMany();
    const load = running();
    load.beginWaitingFor({ execution: running() });
    expect(looksOf(() => load.awaits(loader))).toBeLessThan(5);
    expect(load.awaits(loader)).toBe(false);
  });

  it('is known once the loader has joined the load, also where very many wait on both sides', () => {
    const list = waitingForMany();
    const loader = awaitedByMany();
    expect(list.awaits(loader)).toBe(false);
    loader.beginWaitingFor({ execution: list });
    expect(looksOf(() => list.awaits(loader))).toBe(0);

    loader.endWaitingFor({ execution: list });
    list.beginWaitingFor({ execution: loader });
    expect(list.awaits(loader)).toBe(true);
  });

  it('is found through others that wait, and through what the loader runs inside of', () => {
    const list = waitingForMany();
    const outer = running();
    const between = running();
    list.beginWaitingFor({ execution: between });
    between.beginWaitingFor({ execution: outer });
    expect(list.awaits(running(running(outer)))).toBe(true);
    expect(list.awaits(running(running()))).toBe(false);
  });
});
