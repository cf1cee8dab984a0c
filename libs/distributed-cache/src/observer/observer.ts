import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../common/clock.js';
import { ignoreRejection } from '../common/ignore-rejection.js';
import type { Doorbell } from '../protocol/invalidation-bridge.js';
import { decodeInvalidation } from '../protocol/invalidation-message.js';
import { isNoOp, type Invalidation } from '../protocol/invalidation.js';
import type { ObservableBridge, Observation, ObservedNamespace } from '../protocol/observation.js';
import { decodeAnswer, encodeQuestion, type Answer, type Question } from '../protocol/question.js';

/** How long answers are waited for, in ms. */
const PATIENCE = 1_000;

/** What an observer asks. */
type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never;

/** An invalidation that passed by. @internal */
export interface Seen {
  /** The id of its log entry; `undefined`: it was published without the log. */
  readonly id: string | undefined;
  /** The `instanceId` of the sender; `''`: a third party. */
  readonly from: string;
  readonly invalidation: Invalidation;
}

/** @internal */
export interface ObserverListener {
  readonly seen?: ((invalidation: Seen) => void) | undefined;
  /** The link is lost; the observer is of no use any more. */
  readonly lost?: ((cause: Error) => void) | undefined;
}

/** @internal */
export interface ObserverSurroundings {
  /** Ends the dialling. Default: nothing does. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

interface Waiting {
  readonly answers: Map<string, Answer>;
  readonly expected: number;
  each(this: void, answer: Answer): void;
  done(this: void): void;
}

/**
 * Listens to a namespace and asks its instances. It is no member: nothing waits for it, and it holds no copies.
 *
 * @internal
 */
export class Observer {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  #observation: Observation | undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Connects as an instance does, and rejects with the same errors. */
  static async open(
    bridge: ObservableBridge,
    namespace: string,
    { seen, lost }: ObserverListener = {},
    { signal = new AbortController().signal, clock = systemClock }: ObserverSurroundings = {},
  ): Promise<Observer> {
    const observer = new Observer(clock);
    const listener = {
      heard: (doorbell: Doorbell) => {
        const passed = seen && seenIn(doorbell);
        if (passed) seen(passed);
      },
      answered: (id: string, text: string) => observer.#answered(id, text),
      broken: (cause: Error) => lost?.(cause),
    };
    observer.#observation = await bridge.observe(namespace, listener, signal);
    return observer;
  }

  /** The log and the members. */
  look(): Promise<ObservedNamespace> {
    return this.#open.look();
  }

  /**
   * Asks every instance.
   *
   * @param expected - how many answer at most: then there is nothing more to wait for
   * @param each - takes each answer the moment it arrives
   * @returns what has been answered by then, or within a second; instances of older versions do not answer
   */
  async ask(question: Asked, expected = Infinity, each: (answer: Answer) => void = () => {}): Promise<Answer[]> {
    const id = randomUUID();
    const answers = new Map<string, Answer>();
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.schedule(resolve, PATIENCE, { keepsAlive: true });
      const done = (): void => {
        cancel();
        resolve();
      };
      this.#waiting.set(id, { answers, expected, each, done });
      this.#open.ask(id, encodeQuestion({ ...question, id })).catch((error: unknown) => {
        cancel();
        reject(error);
      });
    }).finally(() => {
      this.#waiting.delete(id);
      void ignoreRejection(this.#open.forget(id));
    });
    return [...answers.values()];
  }

  close(): void {
    this.#observation?.close();
  }

  get #open(): Observation {
    if (!this.#observation) throw new Error('The observer is not connected.');
    return this.#observation;
  }

  #answered(id: string, text: string): void {
    const waiting = this.#waiting.get(id);
    const answer = waiting && decodeAnswer(text);
    if (!answer) return;
    waiting.answers.set(answer.from, answer);
    waiting.each(answer);
    if (waiting.answers.size >= waiting.expected) waiting.done();
  }
}

function seenIn({ payload, entry }: Doorbell): Seen | undefined {
  const decoded = decodeInvalidation(payload);
  if (!decoded.ok || isNoOp(decoded.message.invalidation)) return undefined;
  const { from, invalidation } = decoded.message;
  return { id: entry?.id, from, invalidation };
}
