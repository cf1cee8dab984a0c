import { leaseAgeOf } from '../instances/lease-age.js';
import { expect } from 'vitest';
import { eventually } from '../common/eventually.js';
import type { LabInstance } from './lab-instance.js';
import type { Traffic } from './traffic.js';

const PATIENCE = 30_000;

export function until<T>(condition: () => T | Promise<T>): Promise<T> {
  return eventually(condition, PATIENCE);
}

/** Resolves when all of them are coherent. */
export function untilAllCoherent(instances: readonly LabInstance[]): Promise<void> {
  return until(() => {
    for (const { cache } of instances) expect(cache.status().state).toBe('coherent');
  });
}

/** Resolves when none of them has synced for `milliseconds`. */
export function untilUnsynced(instances: readonly LabInstance[], milliseconds: number): Promise<void> {
  return until(() => {
    for (const { cache } of instances) expect(cache.status().leaseAge).toBeGreaterThan(milliseconds);
  });
}

/** Resolves when all of them have synced since `since`, and nothing waits for it to be delivered. */
export function untilHealthy(instances: readonly LabInstance[], since: number): Promise<void> {
  return until(() => {
    for (const { cache } of instances) {
      const { state, outbox } = cache.status();
      expect({ state, outbox }).toEqual({ state: 'coherent', outbox: 0 });
      expect(performance.now() - leaseAgeOf(cache)).toBeGreaterThan(since);
    }
  });
}

/** Resolves when each has evicted so many times more. */
export function untilEvicted(traffic: readonly Traffic[], count: number): Promise<void> {
  const goals = traffic.map((each) => ({ each, goal: each.evictions + count }));
  return until(() => {
    for (const { each, goal } of goals) expect(each.evictions).toBeGreaterThanOrEqual(goal);
  });
}

/** Resolves when each has read so many times more. */
export function untilRead(traffic: readonly Traffic[], count: number): Promise<void> {
  const goals = traffic.map((each) => ({ each, goal: each.reads + count }));
  return until(() => {
    for (const { each, goal } of goals) expect(each.reads).toBeGreaterThanOrEqual(goal);
  });
}
