import type { Answer } from '../protocol/question.js';
import { numberIn, regionsOf } from './answer-figures.js';

/** What all instances have answered to `stats`, and when, by a monotonic clock in ms. @internal */
export interface Asked {
  readonly at: number;
  /** By the `instanceId`. */
  readonly answers: ReadonlyMap<string, Answer>;
}

/** What happens in a second. @internal */
export interface Rates {
  readonly hits: number;
  readonly misses: number;
  readonly loads: number;
  readonly fenced: number;
}

const COUNTS = ['hits', 'misses', 'loads', 'fenced'] as const satisfies readonly (keyof Rates)[];

/** The share of reads that are hits; `null`: nothing is read. @internal */
export function hitRateIn({ hits, misses }: Rates): number | null {
  return hits + misses > 0 ? hits / (hits + misses) : null;
}

/**
 * What happens in a second at one instance, from its answers to two questions. An instance that has not answered the first one has counted
 * since its start, which tells no rate: then all are 0.
 *
 * @internal
 */
export function ratesOfInstance(instance: string, before: Asked, now: Asked): Rates {
  const sum = nothing();
  for (const rates of ratesByRegion(instance, before, now).values()) add(sum, rates);
  return sum;
}

/** What happens in a second in each region, at all instances together. @internal */
export function ratesOfRegions(before: Asked, now: Asked): ReadonlyMap<string, Rates> {
  const all = new Map<string, MutableRates>();
  for (const instance of now.answers.keys()) {
    for (const [region, rates] of ratesByRegion(instance, before, now)) {
      const sum = all.get(region) ?? nothing();
      all.set(region, sum);
      add(sum, rates);
    }
  }
  return all;
}

type MutableRates = Record<keyof Rates, number>;

function nothing(): MutableRates {
  return { hits: 0, misses: 0, loads: 0, fenced: 0 };
}

function add(sum: MutableRates, rates: Rates): void {
  for (const count of COUNTS) sum[count] += rates[count];
}

function ratesByRegion(instance: string, before: Asked, now: Asked): ReadonlyMap<string, Rates> {
  const earlier = before.answers.get(instance);
  const seconds = (now.at - before.at) / 1_000;
  const earlierRegions = regionsOf(earlier);
  const rates = new Map<string, Rates>();
  for (const [region, stats] of regionsOf(now.answers.get(instance))) {
    // Where not all regions are named, this one may only have been left out.
    const isUnknown = !earlier || seconds <= 0 || (!earlierRegions.has(region) && earlierRegions.has(''));
    const perSecond = (count: keyof Rates): number => {
      const counted = (numberIn(stats, count) ?? 0) - (numberIn(earlierRegions.get(region), count) ?? 0);
      return isUnknown ? 0 : Math.max(0, counted) / seconds;
    };
    rates.set(region, {
      hits: perSecond('hits'),
      misses: perSecond('misses'),
      loads: perSecond('loads'),
      fenced: perSecond('fenced'),
    });
  }
  return rates;
}
