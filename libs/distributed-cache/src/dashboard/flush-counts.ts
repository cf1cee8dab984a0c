import { numberIn, propertyOf } from '../observer/answer-figures.js';
import type { Asked } from '../observer/rates.js';
import type { Answer } from '../protocol/question.js';

/** So many flushes within so many ms are "again and again": one alone may be a restart of the server. */
const AGAIN = 2;
const LATELY = 120_000;
/**
 * For so long, in ms, an instance is remembered that does not answer. The list of members does not tell whether it has gone: what makes
 * instances flush again and again may be that the list is lost again and again.
 */
const REMEMBERED = 600_000;
/** How many instances are remembered; whoever can reach the channel could make up any number. */
const MOST_INSTANCES = 1_000;

interface Counted {
  /** How many there were when somebody began to look. */
  readonly first: number;
  readonly newest: number;
  readonly answeredAt: number;
  /** When the last few were noticed, by the monotonic clock, in ms. */
  readonly times: readonly number[];
}

/** @internal */
export interface Flushes {
  /** Since somebody looks. */
  readonly count: number;
  readonly isAgainAndAgain: boolean;
}

/** How often each instance has dropped all its copies since somebody looks. @internal */
export class FlushCounts {
  #counts = new Map<string, Counted>();

  note({ at, answers }: Asked): void {
    const counts = new Map([...this.#counts].filter(([, { answeredAt }]) => at - answeredAt < REMEMBERED));
    for (const [id, answer] of answers) {
      const newest = numberIn(answer, 'stats', 'bridge', 'flushes');
      if (newest !== null && (counts.has(id) || counts.size < MOST_INSTANCES))
        counts.set(id, countedIn(answer, newest, counts.get(id), at));
    }
    this.#counts = counts;
  }

  /** @returns `undefined`: the instance has never said */
  of(id: string, at: number): Flushes | undefined {
    const counted = this.#counts.get(id);
    if (!counted) return undefined;
    const { first, newest, times } = counted;
    const lately = times.filter((time) => at - time < LATELY);
    return { count: newest - first, isAgainAndAgain: lately.length >= AGAIN };
  }

  clear(): void {
    this.#counts.clear();
  }
}

function countedIn(answer: Answer, newest: number, before: Counted | undefined, at: number): Counted {
  // An instance begins with a flush, which is none of those that somebody wants to know of.
  const begins = propertyOf(answer, 'status', 'state') === 'connecting';
  if (!before || begins || newest < before.newest) return { first: newest, newest, answeredAt: at, times: [] };
  const more = Math.min(AGAIN, Math.floor(newest - before.newest));
  return { ...before, newest, answeredAt: at, times: [...before.times, ...Array<number>(more).fill(at)].slice(-AGAIN) };
}
