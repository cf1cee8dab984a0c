import { hitRateOf, numberIn, propertyOf, regionsOf, sumOf } from '../observer/answer-figures.js';
import { hitRateIn, ratesOfInstance, ratesOfRegions, type Asked } from '../observer/rates.js';
import type { Answer } from '../protocol/question.js';
import { FlushCounts } from './flush-counts.js';
import type { Frame, InstanceView, InvalidationView, LogView, Point, RegionView } from './frame.js';
import type { Sight } from './outlook.js';
import { rounded, roundedOrNull, shownName } from './shown.js';

/** How far back the charts go, in ms. */
const CHARTED = 900_000;
/** How many points a trail has. */
const TRAIL = 60;
/** How many instances and regions are shown; whoever can reach the channel could make up any number. */
const MOST_INSTANCES = 200;
const MOST_REGIONS = 100;

/** Counts of which at least one is above 0 in a region that was ever used. */
const SIGNS_OF_USE = ['entries', 'hits', 'misses', 'loads', 'replaced', 'invalidated'];

/** What is sent after a look: to viewers that have all that came before, and to those that have not. @internal */
export interface Frames {
  readonly newest: Frame;
  /** @param invalidations - the newest ones */
  full(this: void, invalidations: readonly InvalidationView[]): Frame;
}

/** Makes frames of what is seen, and remembers what the charts need. @internal */
export class Recording {
  readonly #flushes = new FlushCounts();
  #before: Asked | undefined;
  #points: readonly Point[] = [];
  #trails = new Map<string, readonly number[]>();

  /** @param at - by the wall clock, in ms */
  record(sight: Sight, at: number): Frames {
    const asked: Asked = { at: sight.askedAt, answers: new Map(sight.answers.map((answer) => [answer.from, answer])) };
    const before = this.#before;
    this.#before = asked;
    this.#flushes.note(asked);
    const instances = instancesOf(sight, before ?? asked, asked, this.#flushes);
    const regions = regionsIn(before ?? asked, asked);
    // The first look tells no rates.
    const point = before && pointOf(before, asked, at);
    if (point) this.#remember(point, regions);
    const newest: Frame = {
      isFull: false,
      at,
      scope: sight.scope,
      problem: sight.problem,
      log: logOf(sight),
      instances: instances.slice(0, MOST_INSTANCES),
      regions: regions.slice(0, MOST_REGIONS),
      leftOut: {
        instances: Math.max(0, instances.length - MOST_INSTANCES),
        regions: Math.max(0, regions.length - MOST_REGIONS),
      },
      points: point ? [point] : [],
      invalidations: [],
    };
    const full = (invalidations: readonly InvalidationView[]): Frame => ({
      ...newest,
      isFull: true,
      regions: newest.regions.map((region) => ({ ...region, trail: this.#trails.get(region.name) ?? [] })),
      points: this.#points,
      invalidations,
    });
    return { newest, full };
  }

  /** Nobody looks for a while: the next rates are not those of the time between. */
  pause(): void {
    this.#before = undefined;
    this.#trails.clear();
    this.#flushes.clear();
  }

  #remember(point: Point, regions: readonly RegionView[]): void {
    this.#points = [...this.#points.filter(({ at }) => point.at - at < CHARTED), point];
    const shown = regions.slice(0, MOST_REGIONS);
    this.#trails = new Map(
      shown.map(({ name, reads }) => [name, [...(this.#trails.get(name) ?? []), reads].slice(-TRAIL)]),
    );
  }
}

function instancesOf(
  { known, scope, problem, own }: Sight,
  before: Asked,
  now: Asked,
  flushCounts: FlushCounts,
): InstanceView[] {
  const isAskedOverRedis = scope === 'cluster' && problem === null;
  const listed = new Map(known.map((instance) => [instance.instanceId, instance]));
  const ids = new Set([...listed.keys(), ...now.answers.keys()]);
  return [...ids].toSorted().map((id) => {
    const answer = now.answers.get(id);
    const rates = ratesOfInstance(id, before, now);
    const { maxStaleness = Infinity, syncAge } = listed.get(id) ?? {};
    const isKnown = answer !== undefined;
    const isSelf = id === own.instanceId;
    const flushes = flushCounts.of(id, now.at);
    return {
      id: shownName(id),
      state: stateIn(answer),
      isReached: isKnown && isAskedOverRedis,
      refusal: isSelf ? own.refusal : null,
      flushes: flushes?.count ?? null,
      isInFlushLoop: flushes?.isAgainAndAgain ?? false,
      flushReason: isSelf ? own.flushReason : null,
      syncAge: roundedOrNull(syncAge ?? null),
      leaseAge: roundedOrNull(numberIn(answer, 'status', 'leaseAge')),
      maxStaleness: Number.isFinite(maxStaleness) ? maxStaleness : null,
      outbox: numberIn(answer, 'status', 'outbox'),
      hitRate: roundedOrNull(hitRateIn(rates) ?? hitRateOf(answer)),
      reads: isKnown ? rounded(rates.hits + rates.misses) : null,
      loads: isKnown ? rounded(rates.loads) : null,
      entries: isKnown ? sumOf(answer, 'entries') : null,
      propagation: roundedOrNull(propagationOf(answer, 'p99')),
      eventLoopDelay: roundedOrNull(numberIn(answer, 'process', 'eventLoopDelay', 'p99')),
      heap: numberIn(answer, 'process', 'heap'),
      uptime: roundedOrNull(numberIn(answer, 'process', 'uptime')),
    };
  });
}

function stateIn(answer: Answer | undefined): string | null {
  const state = propertyOf(answer, 'status', 'state');
  return typeof state === 'string' ? shownName(state) : null;
}

function propagationOf(answer: Answer | undefined, percentile: 'p50' | 'p99'): number | null {
  return numberIn(answer, 'stats', 'bridge', 'propagation', percentile);
}

/** The busiest first. One that nobody has ever used is left out, such as that of an unused `CACHE_MANAGER`. */
function regionsIn(before: Asked, now: Asked): RegionView[] {
  const entries = new Map<string, number>();
  const used = new Set<string>();
  for (const answer of now.answers.values())
    for (const [region, stats] of regionsOf(answer)) {
      entries.set(region, (entries.get(region) ?? 0) + (numberIn(stats, 'entries') ?? 0));
      if (SIGNS_OF_USE.some((count) => (numberIn(stats, count) ?? 0) > 0)) used.add(region);
    }
  const all = Array.from(ratesOfRegions(before, now)).filter(([region]) => used.has(region));
  const views = all.map(([region, rates]) => ({
    name: shownName(region),
    entries: entries.get(region) ?? 0,
    hitRate: roundedOrNull(hitRateIn(rates)),
    reads: rounded(rates.hits + rates.misses),
    loads: rounded(rates.loads),
    fenced: rounded(rates.fenced),
  }));
  return views.toSorted((a, b) => b.reads - a.reads || b.entries - a.entries || (a.name < b.name ? -1 : 1));
}

function pointOf(before: Asked, now: Asked, at: number): Point {
  const rates = { hits: 0, misses: 0, loads: 0, fenced: 0 };
  for (const { hits, misses, loads } of ratesOfRegions(before, now).values()) {
    rates.hits += hits;
    rates.misses += misses;
    rates.loads += loads;
  }
  const slowest = (percentile: 'p50' | 'p99'): number | null => {
    const times = [...now.answers.values()].map((answer) => propagationOf(answer, percentile) ?? -1);
    const most = Math.max(-1, ...times);
    return most < 0 ? null : rounded(most);
  };
  return {
    at,
    reads: rounded(rates.hits + rates.misses),
    hitRate: roundedOrNull(hitRateIn(rates)),
    loads: rounded(rates.loads),
    p50: slowest('p50'),
    p99: slowest('p99'),
  };
}

function logOf({ log }: Sight): LogView | null {
  if (!log) return null;
  const { length, memory = null, newestAge = null } = log;
  return { length: length < 0 ? null : length, memory, newestAge: roundedOrNull(newestAge) };
}
