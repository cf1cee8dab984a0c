import { describe, expect, it } from 'vitest';
import { SharedPromises } from './shared-promises.js';
import { Slots } from './slots.js';

const DAY = 86_400_000;

describe('Slots', () => {
  it('gives out a slot that was given back, and keeps nothing of what it held', () => {
    const slots = new Slots(16);
    const taken = Array.from({ length: 16 }, () => slots.take());
    expect(new Set(taken).size).toBe(16);
    slots.values[5] = 'a value';
    slots.setCare(5, { keptFor: 0, nextLoadAt: undefined, hits: 0 });
    slots.release(5);
    expect(slots.values[5]).toBeUndefined();
    expect(slots.cares?.[5]).toBeUndefined();
    expect(slots.take()).toBe(5);
  });

  it('has as many as the store may hold, and not one more before they are needed', () => {
    const slots = new Slots(1_000);
    for (let taken = 0; taken < 1_000; taken += 1) slots.take();
    expect(slots.capacity).toBe(1_000);
    slots.take();
    expect(slots.capacity).toBeGreaterThan(1_000);
  });

  it('keeps what the slots hold when it grows', () => {
    const slots = new Slots(1_000);
    const first = slots.take();
    slots.values[first] = 'a value';
    slots.setSize(first, 7);
    slots.setLoadedAt(first, 12_345);
    slots.setFirstTag(first, 3);
    for (let taken = 0; taken < 100; taken += 1) slots.take();
    expect(slots.values[first]).toBe('a value');
    expect(slots.sizeOf(first)).toBe(7);
    expect(slots.loadedAt(first)).toBe(12_345);
    expect(slots.firstTag?.[first]).toBe(3);
  });

  it('never makes a value younger than it is, also in a process that runs for years', () => {
    const slots = new Slots(16);
    const [old, young] = [slots.take(), slots.take()];
    slots.setLoadedAt(old, 30 * DAY + 0.9);
    expect(slots.loadedAt(old)).toBe(30 * DAY);
    slots.setLoadedAt(young, 60 * DAY + 0.5);
    expect(slots.loadedAt(young)).toBe(60 * DAY);
    expect(slots.loadedAt(old)).toBeLessThanOrEqual(40 * DAY);
    slots.setLoadedAt(young, 2_000 * DAY);
    expect(slots.loadedAt(young)).toBe(2_000 * DAY);
    expect(slots.loadedAt(old)).toBeLessThan(2_000 * DAY - 20 * DAY);
  });
});

describe('SharedPromises', () => {
  it('give hits of one value one promise, from the second hit on', async () => {
    const promises = new SharedPromises();
    const value = {};
    const first = promises.of(1, value);
    const second = promises.of(1, value);
    expect(second).toBe(promises.of(1, value));
    expect(await Promise.all([first, second])).toEqual([value, value]);
  });

  it('never give a hit the promise of another value', async () => {
    const promises = new SharedPromises();
    for (const value of [0, -0, Number.NaN, undefined, 'a'])
      for (let hit = 0; hit < 3; hit += 1) expect(await promises.of(1, value)).toBe(value);
    promises.forget(1);
    expect(await promises.of(1, 'b')).toBe('b');
  });
});
