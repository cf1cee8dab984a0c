import { describe, expect, it } from 'vitest';
import { History } from './history.js';
import type { InstanceHistory } from './instance-history.js';

const MINUTE = 60_000;

/** Instances of one history; `maxStaleness` by their names. */
function given(maxStaleness: Readonly<Record<string, number>>) {
  const clock = { now: 0 };
  const history = new History({ now: () => clock.now, maxStaleness: 2_000 });
  const instances: Record<string, InstanceHistory> = {};
  for (const [name, ms] of Object.entries(maxStaleness)) instances[name] = history.instance(name, { maxStaleness: ms });
  const of = (name: string): InstanceHistory => instances[name] ?? history.instance(name);
  return {
    clock,
    history,
    of,
    sync: (name: string): void => history.members.synced(of(name), history.moment()),
    isUnreached: (name: string, by: string): boolean => {
      const { absent, unknown } = history.unreachedBy(of(by));
      return absent.has(of(name)) || unknown.has(of(name));
    },
  };
}

describe('Members', () => {
  it('reaches an instance for ten minutes after its last sync, and as long as it can serve', () => {
    const { clock, sync, isUnreached } = given({ a: 2_000, b: 2_000, c: 60 * MINUTE });
    sync('b');
    sync('c');
    clock.now = 10 * MINUTE;
    expect([isUnreached('b', 'a'), isUnreached('c', 'a')]).toEqual([false, false]);

    clock.now += 1;
    expect([isUnreached('b', 'a'), isUnreached('c', 'a')]).toEqual([true, false]);

    clock.now = 60 * MINUTE + 1;
    expect(isUnreached('c', 'a')).toBe(true);
  });

  it('reaches no instance that has never synced', () => {
    const { sync, isUnreached } = given({ a: 2_000, b: 2_000 });
    sync('a');
    expect(isUnreached('b', 'a')).toBe(true);
  });

  it('reaches an instance that was on a lost list only if the other one had met it there, or serves as long itself', () => {
    const { history, sync, isUnreached } = given({ met: 300, unmet: 300, alike: 10_000, away: 10_000 });
    sync('unmet');
    sync('away');
    sync('met');
    history.members.lost();
    for (const name of ['met', 'unmet', 'alike']) sync(name);
    expect(['met', 'unmet', 'alike'].filter((name) => isUnreached('away', name))).toEqual(['unmet']);

    sync('away');
    expect(isUnreached('away', 'unmet')).toBe(false);
  });
});
