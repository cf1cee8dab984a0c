import type { CacheSettings } from '../../libs/distributed-cache/src/cache/settings.js';
import { regionSettings } from '../support/instances/cache-settings.js';
import type { Subject } from './moments.js';
import type { Random } from '../../tools/random.mjs';
import { LISTS } from './shop.js';

/** The regions of rows. The second one has `whenDisconnected: 'bypass'`. */
export const ITEMS = 'items';
export const PRICES = 'prices';

/** The settings of a schedule, drawn by its seed: how many instances, how often they change, how much goes wrong. */
export interface Plan {
  readonly instances: number;
  /** ms */
  readonly length: number;
  /** The longest pause between two steps, in ms. */
  readonly longestPause: number;
  /** How many operations a step begins. */
  readonly atOnce: number;
  /** The share of steps that inject a fault. */
  readonly faultShare: number;
  /** The share of operations that change something. It is low in some plans: what changes all the time is never stale for long. */
  readonly writeShare: number;
  /** The share of steps in which an instance joins or leaves. */
  readonly turnover: number;
  readonly subjects: readonly [Subject, ...Subject[]];
  readonly lists: readonly [string, ...string[]];
  /** How long loads and puts may take, in ms. */
  readonly durations: readonly [number, ...number[]];
  readonly settings: Partial<CacheSettings>;
  /** Whether every hit is audited. */
  readonly isAudited?: boolean | undefined;
  /** Whether the source of truth may fail or be slow. */
  readonly sourceFails?: boolean | undefined;
  /** What the settings of one instance have otherwise. */
  readonly settingsOfEach?: ((random: Random) => Partial<CacheSettings>) | undefined;
  /** For how long one of the instances is cut off between two parts of the schedule, in ms. */
  readonly absence?: number | undefined;
}

const MOST_BEATS = 20;

/** @param density - how many times as many reads as usual there are; changes and faults stay as many in the same time */
export function planned(random: Random, maxStaleness: number, density = 1): Plan {
  const keys = random.pick([['1'], ['1', '2'], ['1', '2', '3', '4']]);
  const regions = random.pick([[ITEMS], [PRICES], [ITEMS, PRICES]]);
  const [first = { region: ITEMS, key: '1' }, ...others] = regions.flatMap((region) =>
    keys.map((key) => ({ region, key })),
  );
  const durations = random.some([5, 60, 400, 1_200, maxStaleness, 3 * maxStaleness]);
  const ttl = random.pick([300_000, 300_000, maxStaleness / 2, 2 * maxStaleness]);
  const maxEntries = random.pick([10_000, 10_000, 10_000, 2]);
  const of = { ttl, maxEntries, ttlJitter: 0.05 };
  // Timers are late by about a millisecond: steps cannot come any faster, so each one does more.
  const beats = Math.min(density, MOST_BEATS);
  const atOnce = density / beats;
  return {
    instances: random.between(2, 4),
    length: random.between(4_000, 14_000),
    longestPause: random.pick([50, 250, 800]) / beats,
    atOnce,
    faultShare: random.pick([0.03, 0.08, 0.2]) / beats,
    writeShare: Math.min(1, 5 / density) * random.pick([0.015, 0.05, 0.12, 0.4]),
    turnover: random.pick([0, 0.01, 0.03, 0.06]) / beats,
    subjects: [first, ...others],
    lists: ['l1', 'l2'],
    durations: [0, ...durations],
    settings: {
      ...of,
      regions: new Map([
        [PRICES, regionSettings({ ...of, whenDisconnected: 'bypass' })],
        [LISTS, regionSettings({ ...of, whenDisconnected: random.pick(['reload', 'reload', 'bypass']) })],
      ]),
      invalidationLogLength: random.pick([4_096, 4_096, 20, 3]),
      outboxLimit: random.pick([10_000, 10_000, 8, 2]),
      commandTimeout: random.pick([2_000, 500]),
      publishTimeout: random.pick([1_000, 200]),
    },
  };
}
