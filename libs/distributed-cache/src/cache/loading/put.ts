import { heard } from '../delivered-result.js';
import { Execution } from './execution.js';
import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';

/** One entry that the result of a put is kept under. @internal */
export interface ResolvedPut {
  readonly region: RegionState;
  readonly key: string;
  /** ms; `undefined` = the region's */
  readonly ttl: number | undefined;
  readonly tags: readonly string[];
  /** Invalidate and publish only. */
  readonly isSkipped: boolean;
}

/** @internal */
export interface PutOutcome<R> {
  readonly result: R;
  /** Settles as the promise of `evict()` does. */
  readonly delivered: Promise<unknown>;
}

/**
 * Runs `method`, which changes the source of truth, and puts what it gives: registered when the method *starts*, since another
 * instance may commit and publish a newer value while this one is still on its way back from its own commit.
 *
 * At its end it invalidates the keys, which fences the loads and the other puts of these keys that run, tells the other instances, and
 * stores only what nothing has overtaken.
 *
 * @internal
 */
export async function runPut<R>(
  cache: LocalCache,
  method: () => R | PromiseLike<R>,
  targetsOf: (result: R) => readonly ResolvedPut[],
): Promise<PutOutcome<R>> {
  const { applied } = cache.coherence;
  const execution = new Execution(cache.clock.now(), cache.executions.current);
  const mark = applied.begin();
  try {
    const result = await cache.executions.run(execution, method);
    const targets = targetsOf(result);
    // Asked before the put's own invalidation, which covers it as well.
    const current = targets.filter(({ region, key, tags }) => {
      const isFenced = applied.firstCovering(mark, region.name, key, tags) !== undefined;
      if (isFenced) region.stats.fenced += 1;
      return !isFenced;
    });
    const delivered = heard(cache.evict(targets.map(({ region, key }) => ({ kind: 'key', region: region.name, key }))));
    for (const { region, key, ttl, tags, isSkipped } of current) {
      if (!isSkipped) cache.store(region, key, result, execution.loadedAt, ttl, tags);
    }
    return { result, delivered };
  } finally {
    applied.end(mark);
    cache.executions.end(execution);
  }
}
