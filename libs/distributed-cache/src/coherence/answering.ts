import type { Clock } from '../common/clock.js';
import type { CacheLogger } from '../common/logger.js';
import { decodeQuestion, encodeAnswer, type Question } from '../protocol/question.js';

/** What an observer is told: nothing; how the instance is and what it has counted; also whether it holds a key that is asked for. @publicApi */
export type Answers = 'none' | 'stats' | 'all';

/** How many questions are answered in a second, however many observers ask. */
const MOST_IN_A_SECOND = 10;
const SECOND = 1_000;
/** How many ids are remembered: a question that comes again is answered once. */
const REMEMBERED = 100;

/** @internal */
export interface AnsweringParts {
  readonly answers: Answers;
  readonly instanceId: string;
  readonly clock: Clock;
  readonly logger: CacheLogger;
  /** What this instance says to a question; `undefined`: nothing. */
  respond(this: void, question: Question): object | undefined;
}

/**
 * Answers the questions of observers: each once, and so few in a second that nobody can keep an instance busy by asking. Nothing of it is
 * stored, and nothing waits for it.
 *
 * @internal
 */
export class Answering {
  readonly #parts: AnsweringParts;
  readonly #answered = new Set<string>();
  /** When the newest questions were answered: as many as may be in a second, oldest first. */
  readonly #times: number[] = [];

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
  }

  /** @returns the answer and the id of its question; `undefined`: the instance says nothing */
  answerTo(text: string): { readonly id: string; readonly answer: string } | undefined {
    const question = decodeQuestion(text);
    if (!question || !this.#mayAnswer(question)) return undefined;
    const { instanceId, respond, logger } = this.#parts;
    try {
      const answer = respond(question);
      return answer && { id: question.id, answer: encodeAnswer(instanceId, answer) };
    } catch (error) {
      // An observer must not be able to do harm.
      logger.error('A question of an observer could not be answered', { ask: question.ask, error });
      return undefined;
    }
  }

  #mayAnswer({ id, ask }: Question): boolean {
    const { answers, clock } = this.#parts;
    const isAllowed = answers === 'all' || (answers === 'stats' && (ask === 'stats' || ask === 'status'));
    if (!isAllowed || this.#answered.has(id)) return false;
    // Within any second: seconds that begin at fixed times would let twice as many through around the end of one.
    const now = clock.now();
    const [first = Number.NEGATIVE_INFINITY] = this.#times.length < MOST_IN_A_SECOND ? [] : this.#times;
    if (now - first < SECOND) return false;
    if (this.#times.push(now) > MOST_IN_A_SECOND) this.#times.shift();
    const [oldest] = this.#answered.size < REMEMBERED ? [] : this.#answered;
    if (oldest !== undefined) this.#answered.delete(oldest);
    this.#answered.add(id);
    return true;
  }
}
