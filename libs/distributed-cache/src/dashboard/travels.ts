import type { CancelTimer, Clock } from '../common/clock.js';
import type { Seen } from '../observer/observer.js';
import type { Answer } from '../protocol/question.js';
import type { InvalidationView } from './frame.js';
import type { Outlook } from './outlook.js';
import { rounded, shownName } from './shown.js';

/** How many invalidations are remembered. */
const REMEMBERED = 50;
/** How many instances are followed. */
const MOST_ARRIVALS = 200;
/** How many names of one invalidation are shown. */
const MOST_NAMES = 5;
/** How long, in ms, it takes from one measurement to the next: an instance answers few questions in a second. */
const BETWEEN_MEASUREMENTS = 1_000;
/** For so long, in ms, changes are gathered before they are told. */
const GATHERING = 200;

interface Travel {
  readonly view: InvalidationView;
  readonly arrivals: Record<string, number | null>;
  /** The id of its log entry; `undefined`: it was published without the log, so nobody can tell who has applied it. */
  readonly id: string | undefined;
  isTold: boolean;
}

/** @internal */
export interface TravelsParts {
  readonly clock: Clock;
  /** Takes what is new or has changed. */
  tell(this: void, invalidations: readonly InvalidationView[]): void;
}

/**
 * The newest invalidations, and which instances have applied them.
 *
 * An instance does not say that it has applied an invalidation. It says, when it is asked, up to which entry of the log it has applied
 * everything. So the moment an invalidation is heard, all are asked, at most once a second; the answer proves that it was applied, and is
 * never earlier than that. An invalidation in between is ticked off by a later answer, without a time.
 *
 * @internal
 */
export class Travels {
  readonly #parts: TravelsParts;
  #travels: Travel[] = [];
  #count = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #cancel: CancelTimer | undefined;

  constructor(parts: TravelsParts) {
    this.#parts = parts;
  }

  /** Oldest first. */
  get all(): readonly InvalidationView[] {
    return this.#travels.map(({ view }) => view);
  }

  heard(seen: Seen, outlook: Outlook): void {
    const { clock } = this.#parts;
    const arrivals: Record<string, number | null> = {};
    this.#count += 1;
    const view = viewOf(seen, this.#count, clock.wallNow(), arrivals);
    const travel = { view, arrivals, id: seen.id, isTold: false };
    this.#travels = [...this.#travels, travel].slice(-REMEMBERED);
    this.#tellSoon();
    const now = clock.now();
    if (seen.id === undefined || now - this.#measuredAt < BETWEEN_MEASUREMENTS) return;
    this.#measuredAt = now;
    void outlook.askPositions((answer) => this.#arrived(travel, answer, outlook, clock.now() - now));
  }

  /** Ticks off what these answers prove. */
  applied(answers: Iterable<Answer>, outlook: Outlook): void {
    for (const answer of answers) for (const travel of this.#travels) this.#arrived(travel, answer, outlook, null);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arrived(travel: Travel, answer: Answer, outlook: Outlook, after: number | null): void {
    const { view, arrivals, id } = travel;
    const from = shownName(answer.from);
    if (id === undefined || from === view.from || Object.hasOwn(arrivals, from)) return;
    if (Object.keys(arrivals).length >= MOST_ARRIVALS || !outlook.hasApplied(answer, id)) return;
    arrivals[from] = after === null ? null : rounded(after);
    travel.isTold = false;
    this.#tellSoon();
  }

  #tellSoon(): void {
    const { clock, tell } = this.#parts;
    this.#cancel ??= clock.schedule(() => {
      this.#cancel = undefined;
      const news = this.#travels.filter(({ isTold }) => !isTold);
      for (const travel of news) travel.isTold = true;
      tell(news.map(({ view }) => view));
    }, GATHERING);
  }
}

function viewOf(
  { id, from, invalidation }: Seen,
  number: number,
  at: number,
  arrivals: Readonly<Record<string, number | null>>,
): InvalidationView {
  const { everything, regions, tags, keys } = invalidation;
  const keysOfRegions = Array.from(keys, ([region, { size }]) => [shownName(region), size] as const);
  return {
    number,
    at,
    from: shownName(from),
    everything,
    regions: [...regions].slice(0, MOST_NAMES).map(shownName),
    regionCount: regions.size,
    keys: keysOfRegions.slice(0, MOST_NAMES),
    keyCount: keysOfRegions.reduce((sum, [, count]) => sum + count, 0),
    tagCount: tags.size,
    isLogged: id !== undefined,
    arrivals,
  };
}
