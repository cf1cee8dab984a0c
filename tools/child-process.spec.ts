import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Child } from './child-process.mjs';
import type { Commands } from './fixtures/child.mjs';

const PROGRAM = new URL('./fixtures/child.mjs', import.meta.url);

function start(...args: string[]): { child: Child<Commands>; lines: string[] } {
  const lines: string[] = [];
  const started = new Child<Commands>(PROGRAM, { name: 'the child', args, say: (line) => lines.push(line) });
  onTestFinished(() => started.kill());
  return { child: started, lines };
}

describe('Child', () => {
  it('answers a command with what it returned, maps and undefined included', async () => {
    const value = { kept: new Map([['a', 1]]), left: undefined };
    expect(await start().child.ask('echo', value)).toEqual(value);
  });

  it('gives each of several questions its own answer, whatever the order of the answers', async () => {
    const { child } = start();
    expect(await Promise.all([child.ask('add', 20, 1), child.ask('add', 1, 1)])).toEqual([21, 2]);
  });

  it('rejects with the error that a command threw, and goes on', async () => {
    const { child } = start();
    const failure = await child.ask('fail').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: 'the child: It cannot be done.',
      cause: expect.objectContaining({ name: 'TypeError' }),
    });
    expect(await child.ask('add', 1, 1)).toBe(2);
  });

  it('rejects when a result cannot cross between processes', async () => {
    await expect(start().child.ask('giveFunction')).rejects.toThrow('could not be cloned');
  });

  it('rejects what is asked, and what was asked, when it ends', async () => {
    const { child } = start();
    const [added, died] = await Promise.allSettled([child.ask('add', 60_000, 1), child.ask('die')]);
    for (const each of [added, died])
      expect(each).toMatchObject({ reason: { message: 'the child has ended (exit 7).' } });
    await expect(child.ask('add', 1, 1)).rejects.toThrow('the child has ended (exit 7).');
  });

  it('is ready when it serves, and rejects when it ends before', async () => {
    await expect(start().child.ready).resolves.toBeUndefined();
    await expect(start('--fails').child.ready).rejects.toThrow('the child has ended (exit 3).');
  });

  it('passes on the lines that it prints', async () => {
    const { child, lines } = start();
    await child.ask('say', 'one');
    await vi.waitFor(() => expect(lines).toEqual(['one']));
  });

  it('stops in good order', async () => {
    const { child, lines } = start();
    await child.ready;
    await child.stop();
    expect(await child.exited).toBe('exit 0');
    await vi.waitFor(() => expect(lines).toEqual(['stops in good order']));
  });

  it('kills a child that does not stop in time', async () => {
    const { child } = start('--stubborn');
    await child.ready;
    await child.stop({ timeout: 50 });
    expect(await child.exited).toBe('SIGKILL');
  });

  it('tells when a child ended unasked', async () => {
    const { child, lines } = start();
    await child.ask('die').catch(() => {});
    expect(lines).toEqual(['ended unasked (exit 7)']);
  });

  it('ends with its parent, also one that is killed', async () => {
    const parent = new Child<{ grandchild(): number | undefined }>(new URL('./fixtures/parent.mjs', import.meta.url));
    const pid = (await parent.ask('grandchild')) ?? 0;
    expect(process.kill(pid, 0)).toBe(true);
    parent.kill();
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 10_000 });
  });
});
