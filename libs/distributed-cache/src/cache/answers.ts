import { memoryUsage, pid, uptime } from 'node:process';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Question } from '../protocol/question.js';
import { sizeUnits } from '../store/local-store.js';
import { addStats, newRegionStats, type CacheStats, type RegionStats } from './stats.js';
import { statsOf, statsOfRegion, statusOf, type StatusParts } from './status.js';

/** How many regions an answer names; their names may come from users' input. */
const MOST_REGIONS = 100;
const NANOSECONDS = 1e6;

/**
 * What this instance says to the questions of observers: names and numbers, never a value, and never a key that the question does not name.
 *
 * @internal
 */
export class Answers {
  readonly #cache: StatusParts;
  /** Made by the first question, so that it costs nothing where nobody asks. */
  #delays: IntervalHistogram | undefined;

  constructor(cache: StatusParts) {
    this.#cache = cache;
  }

  to(question: Question): object | undefined {
    switch (question.ask) {
      case 'status':
        return { status: statusOf(this.#cache), process: this.#process() };
      case 'stats':
        return { status: statusOf(this.#cache), stats: bounded(statsOf(this.#cache)), process: this.#process() };
      case 'region':
        return { region: this.#region(question.region) };
      case 'entry':
        return { entry: this.#entry(question.region, question.key) };
    }
  }

  close(): void {
    this.#delays?.disable();
  }

  /** In s, bytes and ms. */
  #process(): object {
    if (!this.#delays) {
      this.#delays = monitorEventLoopDelay({ resolution: 10 });
      this.#delays.enable();
    }
    const eventLoopDelay = { p99: this.#delays.percentile(99) / NANOSECONDS, max: this.#delays.max / NANOSECONDS };
    this.#delays.reset();
    return { pid, uptime: uptime(), heap: memoryUsage().heapUsed, eventLoopDelay };
  }

  /** `null`: there is none of this name. */
  #region(name: string): RegionStats | null {
    const region = this.#cache.copies.known(name);
    return region ? statsOfRegion(region) : null;
  }

  /** `null`: the instance does not hold the key. Times in ms. */
  #entry(name: string, key: string): object | null {
    const { clock, copies } = this.#cache;
    const region = copies.known(name);
    const entry = region && copies.find(region, key)?.copy();
    if (!entry) return null;
    const now = clock.now();
    return {
      age: now - entry.loadedAt,
      left: entry.expiresAt - now,
      tags: entry.tags,
      size: entry.size / sizeUnits(1),
    };
  }
}

/** The regions with the most reads; all others together. */
function bounded({ regions, others, bridge }: CacheStats): CacheStats {
  const all = Object.entries(regions);
  if (all.length <= MOST_REGIONS) return { regions, bridge, ...(others && { others }) };
  const readsOf = ({ hits, misses }: RegionStats): number => hits + misses;
  all.sort(([, one], [, other]) => readsOf(other) - readsOf(one));
  const rest = { ...(others ?? newRegionStats()) };
  for (const [, stats] of all.slice(MOST_REGIONS)) addStats(rest, stats);
  return { regions: Object.fromEntries(all.slice(0, MOST_REGIONS)), others: rest, bridge };
}
