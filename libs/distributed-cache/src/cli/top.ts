import { setTimeout as wait } from 'node:timers/promises';
import { milliseconds } from '../common/duration.js';
import { entriesOf, hitRateOf, numberIn, propertyOf, regionsOf } from '../observer/answer-figures.js';
import { hitRateIn, ratesOfInstance, ratesOfRegions, type Asked } from '../observer/rates.js';
import { silenceOf } from '../observer/silence.js';
import type { ListedMember } from '../protocol/member.js';
import { shown } from './answers.js';
import { EXIT, type Surroundings, type TerminalSize } from './surroundings.js';
import { percent, shortened, shortTime, table, type Column } from './table.js';
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
/** What does not go to a terminal may be of any size. */
const ENDLESS: TerminalSize = { columns: Infinity, rows: Infinity };

/** `top`: a table of instances and regions that is written again and again, until it is interrupted. @internal */
export async function top(options: TopCommand, surroundings: Surroundings): Promise<number> {
  const interval = milliseconds(options.interval, '--interval');
  const { out, signal, isTerminal, size } = surroundings;
  const isRepainted = isTerminal && !options.once;
  return observing(options, surroundings, {}, async (observer) => {
    const ask = async (): Promise<Looked> => {
      const { members } = await observer.look();
      // Not when the last answer came: one that does not come is waited for.
      const at = performance.now();
      const answers = await observer.ask({ ask: 'stats' }, members.length);
      return { at, members, answers: new Map(answers.map((answer) => [answer.from, answer])) };
    };
    let before = await ask();
    // Rates need two answers, so the first page comes after one interval.
    while (await wait(interval, true, { signal }).catch(() => false)) {
      const now = await ask();
      const { columns, rows } = isTerminal ? size() : ENDLESS;
      const room = { columns, rows: isRepainted ? rows : Infinity };
      const page = options.json ? `${JSON.stringify(figuresOf(before, now))}\n` : pageOf(options, before, now, room);
      out(isRepainted ? repainted(page) : page);
      if (options.once) break;
      before = now;
    }
    return EXIT.done;
  });
}

/** What all instances have answered, and who is on the list of members. */
interface Looked extends Asked {
  readonly members: readonly ListedMember[];
}

/** What is known of an instance. Of one that does not answer, that is its state alone. */
interface Figures {
  readonly instance: string;
  readonly state: unknown;
  readonly hitRate: number | null;
  /** A second. */
  readonly reads: number | null;
  readonly loads: number | null;
  readonly entries: number | undefined;
  readonly fenced: number | null;
  readonly outbox: unknown;
  readonly leaseAge: unknown;
  readonly propagation: unknown;
  readonly eventLoopDelay: unknown;
}

function figuresOf(before: Asked, now: Looked): Figures[] {
  const answering = [...now.answers].map(([instance, answer]) => {
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
  const silent = now.members
    .filter(({ member }) => !now.answers.has(member.instanceId))
    .map((listed) => ({ ...NOTHING_KNOWN, instance: listed.member.instanceId, state: silenceOf(listed) }));
  return [...answering, ...silent];
}

const NOTHING_KNOWN = {
  hitRate: null,
  reads: null,
  loads: null,
  entries: undefined,
  fenced: null,
  outbox: undefined,
  leaseAge: undefined,
  propagation: undefined,
  eventLoopDelay: undefined,
} as const;

/** What there is beside the rows of the tables: the title, two headings, two empty lines, and the line of the cursor. */
const OTHER_LINES = 6;
/** So many lines the regions have, however many instances there are; on a low terminal, a third of it. */
const FEWEST_REGIONS = 3;

function pageOf({ namespace, regions }: TopCommand, before: Asked, now: Looked, room: TerminalSize): string {
  const figures = figuresOf(before, now).toSorted(worstFirst);
  const ofRegions = regionFigures(before, now).slice(0, Math.max(1, Number.parseInt(regions, 10) || 1));
  const lines = room.rows - OTHER_LINES;
  const shownInstances = atMost(
    lines - Math.min(ofRegions.length, FEWEST_REGIONS, Math.floor(lines / 3)),
    figures.map(instanceRow),
  );
  const shownRegions = atMost(lines - shownInstances.length, ofRegions.map(regionRow));
  const title = `${new Date().toLocaleTimeString('en-GB')}  namespace ${shown(namespace)}, ${howMany(figures.length, now)}`;
  return [
    `${shortened(title, room.columns)}\n`,
    table(INSTANCE_COLUMNS, shownInstances, room.columns),
    table(REGION_COLUMNS, shownRegions, room.columns),
  ].join('\n');
}

function howMany(count: number, { answers }: Asked): string {
  if (answers.size < count) return `${answers.size} of ${count} instances answer`;
  return count === 1 ? '1 instance' : `${count} instances`;
}

/** Those that need attention come first: they are not to be among those for which there is no room. */
function worstFirst(a: Figures, b: Figures): number {
  const needsNone = ({ state }: Figures): number => Number(state === 'coherent');
  return needsNone(a) - needsNone(b) || (a.instance < b.instance ? -1 : 1);
}

/** The first rows, and how many there are beside them. */
function atMost(most: number, rows: readonly string[][]): readonly string[][] {
  if (rows.length <= most) return rows;
  const count = Math.max(0, most - 1);
  return [...rows.slice(0, count), [`… and ${rows.length - count} more`]];
}

function numeric(heading: string): Column {
  return { heading, isNumeric: true };
}

/** The most important ones first: on a narrow terminal the others are left out. */
const INSTANCE_COLUMNS: readonly Column[] = [
  { heading: 'instance' },
  { heading: 'state' },
  ...['hit rate', 'reads/s', 'loads/s', 'outbox', 'lease', 'entries', 'fenced/s', 'propagation p99', 'loop p99'].map(
    numeric,
  ),
];

function instanceRow(each: Figures): string[] {
  return [
    shown(each.instance),
    shown(each.state),
    percent(each.hitRate),
    perSecondText(each.reads),
    perSecondText(each.loads),
    shown(each.outbox),
    shortTime(each.leaseAge),
    shown(each.entries),
    perSecondText(each.fenced),
    shortTime(each.propagation),
    shortTime(each.eventLoopDelay),
  ];
}

const REGION_COLUMNS: readonly Column[] = [
  { heading: 'region' },
  ...['hit rate', 'reads/s', 'loads/s', 'entries', 'fenced/s'].map(numeric),
];

function regionRow({ region, hitRate, reads, loads, fenced, entries }: RegionFigures): string[] {
  return [
    shown(region),
    percent(hitRate),
    perSecondText(reads),
    perSecondText(loads),
    String(entries),
    perSecondText(fenced),
  ];
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

function perSecondText(rate: number | null): string {
  if (rate === null) return '–';
  return rate === 0 || rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
}

/** The page over the one before, without flicker. */
function repainted(page: string): string {
  return `${HOME}${page.replaceAll('\n', `${ERASE_LINE_END}\n`)}${ERASE_BELOW}`;
}
