import { setTimeout as wait } from 'node:timers/promises';
import { milliseconds } from '../common/duration.js';
import { entriesOf, hitRateOf, numberIn, propertyOf, regionsOf } from '../observer/answer-figures.js';
import { hitRateIn, ratesOfInstance, ratesOfRegions, type Asked } from '../observer/rates.js';
import { shown } from './answers.js';
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

/** `top`: a table of instances and regions that is written again and again, until it is interrupted. @internal */
export async function top(options: TopCommand, surroundings: Surroundings): Promise<number> {
  const interval = milliseconds(options.interval, '--interval');
  const { out, signal, isTerminal } = surroundings;
  return observing(options, surroundings, {}, async (observer) => {
    const ask = async (): Promise<Asked> => {
      const { members } = await observer.look();
      // Not when the last answer came: one that does not come is waited for.
      const at = performance.now();
      const answers = await observer.ask({ ask: 'stats' }, members.length);
      return { at, answers: new Map(answers.map((answer) => [answer.from, answer])) };
    };
    let before = await ask();
    // Rates need two answers, so the first page comes after one interval.
    while (await wait(interval, true, { signal }).catch(() => false)) {
      const now = await ask();
      const page = options.json ? `${JSON.stringify(figuresOf(before, now))}\n` : pageOf(options, before, now);
      out(isTerminal && !options.once ? repainted(page) : page);
      if (options.once) break;
      before = now;
    }
    return EXIT.done;
  });
}

interface Figures {
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

function figuresOf(before: Asked, now: Asked): Figures[] {
  return [...now.answers].map(([instance, answer]) => {
    const rates = ratesOfInstance(instance, before, now);
    return {
      instance,
      state: propertyOf(answer, 'status', 'state'),
      hitRate: hitRateIn(rates) ?? hitRateOf(answer),
      reads: rates.hits + rates.misses,
      loads: rates.loads,
      entries: entriesOf(answer),
      fenced: rates.fenced,
      outbox: propertyOf(answer, 'status', 'outbox'),
      leaseAge: propertyOf(answer, 'status', 'leaseAge'),
      propagation: propertyOf(answer, 'stats', 'bridge', 'propagation', 'p99'),
      eventLoopDelay: propertyOf(answer, 'process', 'eventLoopDelay', 'p99'),
    };
  });
}

function pageOf({ namespace, regions }: TopCommand, before: Asked, now: Asked): string {
  const rates = figuresOf(before, now).toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
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
    regionFigures(before, now)
      .slice(0, Math.max(1, Number.parseInt(regions, 10) || 1))
      .map(({ region, hitRate, reads, loads, fenced, entries }) => [
        shown(region),
        percent(hitRate),
        perSecondText(reads),
        perSecondText(loads),
        String(entries),
        perSecondText(fenced),
      ]),
  );
  const title = `${new Date().toLocaleTimeString('en-GB')}  namespace ${shown(namespace)}, ${rates.length} instances`;
  return `${title}\n\n${instances}\n${ofRegions}`;
}

interface RegionFigures {
  readonly region: string;
  readonly hitRate: number | null;
  readonly reads: number;
  readonly loads: number;
  readonly fenced: number;
  readonly entries: number;
}

/** Of all instances together, the busiest first. */
function regionFigures(before: Asked, now: Asked): RegionFigures[] {
  const entriesIn = (region: string): number => {
    let sum = 0;
    for (const answer of now.answers.values()) sum += numberIn(regionsOf(answer).get(region), 'entries') ?? 0;
    return sum;
  };
  const all = Array.from(ratesOfRegions(before, now), ([region, rates]) => {
    const { hits, misses, loads, fenced } = rates;
    return { region, hitRate: hitRateIn(rates), reads: hits + misses, loads, fenced, entries: entriesIn(region) };
  });
  return all.toSorted((a, b) => b.reads - a.reads || b.entries - a.entries);
}

function perSecondText(rate: number): string {
  return rate === 0 || rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
}

/** The page over the one before, without flicker. */
function repainted(page: string): string {
  return `${HOME}${page.replaceAll('\n', `${ERASE_LINE_END}\n`)}${ERASE_BELOW}`;
}
