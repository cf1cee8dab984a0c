import { setTimeout as wait } from 'node:timers/promises';
import { milliseconds } from '../common/duration.js';
import type { Answer } from '../protocol/question.js';
import { entriesOf, hitRateOf, propertyOf, regionsOf, shown, sumOf } from './answers.js';
import { EXIT, type Surroundings } from './surroundings.js';
import { percent, table, time } from './table.js';
import { observing, type TargetOptions } from './target.js';

/** @internal */
export interface TopCommand extends TargetOptions {
  readonly interval: string;
  /** How many regions are shown. */
  readonly regions: string;
  readonly once?: boolean | undefined;
}

/** What begins a page on a terminal: the cursor goes home, and what is below is erased at the end. */
const HOME = '\u001b[H';
const ERASE_BELOW = '\u001b[J';
const ERASE_LINE_END = '\u001b[K';

interface Asked {
  readonly at: number;
  readonly answers: ReadonlyMap<string, Answer>;
}

/** `top`: a table of instances and regions that is written again and again, until it is interrupted. @internal */
export async function top(options: TopCommand, surroundings: Surroundings): Promise<number> {
  const interval = milliseconds(options.interval, '--interval');
  const { out, signal, isTerminal } = surroundings;
  return observing(options, surroundings, {}, async (observer) => {
    const ask = async (): Promise<Asked> => {
      const { members } = await observer.look();
      const answers = await observer.ask({ ask: 'stats' }, members.length);
      return { at: performance.now(), answers: new Map(answers.map((answer) => [answer.from, answer])) };
    };
    let before = await ask();
    // Rates need two answers, so the first page comes after one interval.
    while (await wait(interval, true, { signal }).catch(() => false)) {
      const now = await ask();
      const page = options.json ? `${JSON.stringify(ratesOf(before, now))}\n` : pageOf(options, before, now);
      out(isTerminal && !options.once ? repainted(page) : page);
      if (options.once) break;
      before = now;
    }
    return EXIT.done;
  });
}

interface Rates {
  readonly instance: string;
  readonly state: unknown;
  readonly hitRate: number | null;
  /** A second. */
  readonly reads: number;
  readonly loads: number;
  readonly entries: number | undefined;
  readonly fenced: number;
  readonly outbox: unknown;
  readonly leaseAge: unknown;
  readonly propagation: unknown;
  readonly eventLoopDelay: unknown;
}

function ratesOf(before: Asked, now: Asked): Rates[] {
  return [...now.answers].map(([instance, answer]) => {
    const earlier = before.answers.get(instance);
    const rate = (count: string): number => perSecond(sumOf(answer, count) - sumOf(earlier, count), before, now);
    const reads = rate('hits') + rate('misses');
    return {
      instance,
      state: propertyOf(answer, 'status', 'state'),
      hitRate: reads > 0 ? rate('hits') / reads : hitRateOf(answer),
      reads,
      loads: rate('loads'),
      entries: entriesOf(answer),
      fenced: rate('fenced'),
      outbox: propertyOf(answer, 'status', 'outbox'),
      leaseAge: propertyOf(answer, 'status', 'leaseAge'),
      propagation: propertyOf(answer, 'stats', 'bridge', 'propagation', 'p99'),
      eventLoopDelay: propertyOf(answer, 'process', 'eventLoopDelay', 'p99'),
    };
  });
}

function perSecond(count: number, before: Asked, now: Asked): number {
  return Math.max(0, count) / ((now.at - before.at) / 1_000);
}

function pageOf({ namespace, regions }: TopCommand, before: Asked, now: Asked): string {
  const rates = ratesOf(before, now).toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
  const numeric = (heading: string): { heading: string; isNumeric: true } => ({ heading, isNumeric: true });
  const instances = table(
    [
      { heading: 'instance' },
      { heading: 'state' },
      ...[
        'hit rate',
        'reads/s',
        'loads/s',
        'entries',
        'fenced/s',
        'outbox',
        'lease',
        'propagation p99',
        'loop p99',
      ].map(numeric),
    ],
    rates.map((each) => [
      shown(each.instance),
      shown(each.state),
      percent(each.hitRate),
      perSecondText(each.reads),
      perSecondText(each.loads),
      shown(each.entries),
      perSecondText(each.fenced),
      shown(each.outbox),
      time(each.leaseAge),
      time(each.propagation),
      time(each.eventLoopDelay),
    ]),
  );
  const ofRegions = table(
    [{ heading: 'region' }, ...['hit rate', 'reads/s', 'loads/s', 'entries', 'fenced/s'].map(numeric)],
    regionRates(before, now)
      .slice(0, Math.max(1, Number.parseInt(regions, 10) || 1))
      .map(({ region, hits, misses, loads, fenced, entries }) => [
        shown(region),
        percent(hits + misses > 0 ? hits / (hits + misses) : null),
        perSecondText(hits + misses),
        perSecondText(loads),
        String(entries),
        perSecondText(fenced),
      ]),
  );
  const title = `${new Date().toLocaleTimeString('en-GB')}  namespace ${shown(namespace)}, ${rates.length} instances`;
  return `${title}\n\n${instances}\n${ofRegions}`;
}

interface RegionRates {
  readonly region: string;
  readonly hits: number;
  readonly misses: number;
  readonly loads: number;
  readonly fenced: number;
  readonly entries: number;
}

/** Of all instances together, the busiest first. */
function regionRates(before: Asked, now: Asked): RegionRates[] {
  const names = new Set([...now.answers.values()].flatMap((answer) => [...regionsOf(answer).keys()]));
  const countOf = (asked: Asked, region: string, count: string): number => {
    let sum = 0;
    for (const answer of asked.answers.values()) sum += Number(propertyOf(regionsOf(answer).get(region), count) ?? 0);
    return sum;
  };
  const all = [...names].map((region) => {
    const rate = (count: string): number =>
      perSecond(countOf(now, region, count) - countOf(before, region, count), before, now);
    return {
      region,
      hits: rate('hits'),
      misses: rate('misses'),
      loads: rate('loads'),
      fenced: rate('fenced'),
      entries: countOf(now, region, 'entries'),
    };
  });
  return all.toSorted((a, b) => b.hits + b.misses - (a.hits + a.misses) || b.entries - a.entries);
}

function perSecondText(rate: number): string {
  return rate === 0 || rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
}

/** The page over the one before, without flicker. */
function repainted(page: string): string {
  return `${HOME}${page.replaceAll('\n', `${ERASE_LINE_END}\n`)}${ERASE_BELOW}`;
}
