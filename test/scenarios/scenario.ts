import { expect } from 'vitest';
import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { DistributedCacheOptions } from '../../libs/distributed-cache/src/module/options/distributed-cache.options.js';
import type { ManualClock } from '../../libs/distributed-cache/src/testing/manual-clock.js';
import { instances } from '../support/instances/instances.js';

/** One thing that another library promises, in our own words, and what this one does in its place. */
export interface Scenario {
  readonly scenario: string;
  /** Options of the cache. Default: entries live for ten seconds. */
  readonly given?: DistributedCacheOptions;
  /** What happens; returns what can be seen of it. */
  readonly when: (cache: DistributedCache, clock: ManualClock) => Promise<unknown>;
  readonly expected: unknown;
  /** Why this library does otherwise on purpose. */
  readonly differs?: string;
}

/** The rows of a table for `it.each`. */
export function rows(scenarios: readonly Scenario[]): readonly (readonly [string, Scenario])[] {
  return scenarios.map((each) => [
    each.differs === undefined ? each.scenario : `${each.scenario}, but differs: ${each.differs}`,
    each,
  ]);
}

/** Lets the scenario happen on one instance that runs by a manual clock. */
export async function holds({ given, when, expected }: Scenario): Promise<void> {
  const { a, clock } = instances(1)
    .with({ ttl: '10s', ...given })
    .local();
  expect(await when(a, clock)).toEqual(expected);
}

/** A loader that gives `v1`, `v2`, … and fails when it is told to. */
export class Source {
  calls = 0;
  isDown = false;

  readonly load = async (): Promise<string> => {
    this.calls += 1;
    if (this.isDown) throw new Error('down');
    return `v${this.calls}`;
  };
}

export const never = (): Promise<never> => new Promise(() => {});

/** The value, or the class of the error. */
export async function outcomeOf(read: Promise<unknown>): Promise<unknown> {
  try {
    return await read;
  } catch (error) {
    return error instanceof Error ? error.name : error;
  }
}
