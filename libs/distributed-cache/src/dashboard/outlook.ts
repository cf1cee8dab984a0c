import type { DistributedCache } from '../cache/distributed-cache.js';
import type { Clock } from '../common/clock.js';
import { errorFrom } from '../common/error-from.js';
import { withTimeout } from '../common/timeout.js';
import { propertyOf } from '../observer/answer-figures.js';
import { Observer, type Seen } from '../observer/observer.js';
import { bridgeNameOf, BridgeRefusal, type InvalidationBridge } from '../protocol/invalidation-bridge.js';
import type { ObservableBridge, ObservedNamespace } from '../protocol/observation.js';
import type { Answer, Question } from '../protocol/question.js';
import type { FlushReason, Problem, Scope } from './frame.js';

/** For so long, in ms, a look waits for the connection; then it shows what can be seen without. */
const DIAL_WAIT = 1_000;
/** For so long, in ms, the other side may leave a look without an answer. */
const ANSWER_WAIT = 3_000;

/** With it a server says where in a script it has refused something: nothing to whoever looks at a page. */
const PLACE_IN_SCRIPT = / script: (?:[\da-f]+, )?on @user_script:\d+\.?/;

/** @internal */
export interface OutlookParts {
  readonly cache: DistributedCache;
  /** How the instances reach each other; `undefined`: this one is alone. */
  readonly bridge: InvalidationBridge | undefined;
  readonly clock: Clock;
  /** An invalidation passes by. */
  seen(this: void, invalidation: Seen): void;
}

/** An instance that is known, whether it answers or not. @internal */
export interface KnownInstance {
  readonly instanceId: string;
  /** ms. */
  readonly maxStaleness: number;
  /** How long ago the list of members heard of it, in ms; `undefined`: nobody can tell. */
  readonly syncAge: number | undefined;
}

/** What can be seen at one moment. @internal */
export interface Sight {
  readonly scope: Scope;
  /** Why less can be seen than there is; `null`: all is seen. */
  readonly problem: Problem | null;
  /** When the instances were asked, by the monotonic clock, in ms. */
  readonly askedAt: number;
  readonly known: readonly KnownInstance[];
  readonly log: ObservedNamespace['log'] | undefined;
  readonly answers: readonly Answer[];
  readonly own: OwnSight;
}

/** What this instance alone knows of itself, and tells nobody over the network. @internal */
export interface OwnSight {
  readonly instanceId: string;
  /** A sentence: what the other side has refused last; `null`: nothing. */
  readonly refusal: string | null;
  /** Why it has dropped all its copies last, since somebody looks; `null`: it has not. */
  readonly flushReason: FlushReason | null;
}

/**
 * Looks at all instances through an observer. While that is not possible, it looks at this instance alone: whoever opens the dashboard because
 * Redis is down sees something, and why it is not more.
 *
 * @internal
 */
export class Outlook {
  readonly #parts: OutlookParts;
  readonly #scope: Scope;
  readonly #closed = new AbortController();
  readonly #stopListening: readonly (() => void)[];
  #observer: Observer | undefined;
  #dialling: Promise<void> | undefined;
  #problem: Problem | undefined;
  #flushReason: FlushReason | null = null;
  /** How many instances the last look has seen. */
  #seen = 0;

  constructor(parts: OutlookParts) {
    this.#parts = parts;
    const { bridge, cache, seen } = parts;
    this.#scope = !bridge ? 'local' : isObservable(bridge) ? 'cluster' : 'unobservable';
    const { instanceId } = cache.status();
    const stopFlushes = cache.on('flush', ({ reason }) => {
      // With this one it only begins.
      if (reason !== 'first-sync') this.#flushReason = reason;
    });
    this.#stopListening =
      this.#scope === 'cluster'
        ? [stopFlushes]
        : [
            stopFlushes,
            cache.on('evict', ({ invalidation }) => seen({ id: undefined, from: instanceId, invalidation })),
            cache.on('invalidation', ({ from, invalidation }) => seen({ id: undefined, from, invalidation })),
          ];
  }

  async look(): Promise<Sight> {
    const scope = this.#scope;
    const { cache, clock } = this.#parts;
    const observer = await this.#connected();
    try {
      if (observer) {
        const { members, log } = await this.#answered(observer.look());
        const askedAt = clock.now();
        const answers = await this.#answered(observer.ask({ ask: 'stats' }, Math.max(members.length, this.#seen)));
        // A server that loses keys may have lost members from the list, who answer all the same.
        this.#seen = new Set([
          ...members.map(({ member }) => member.instanceId),
          ...answers.map(({ from }) => from),
        ]).size;
        const known = members.map(({ member: { instanceId, maxStaleness }, syncAge }) => ({
          instanceId,
          maxStaleness,
          syncAge: maxStaleness === Infinity ? undefined : syncAge,
        }));
        return { scope, problem: null, askedAt, known, log, answers, own: this.#own };
      }
    } catch (error) {
      this.#lost(errorFrom(error));
    }
    const own = this.#own;
    const { instanceId } = own;
    return {
      scope,
      problem: this.#whyAlone,
      askedAt: clock.now(),
      known: [{ instanceId, maxStaleness: cache.maxStaleness, syncAge: undefined }],
      log: undefined,
      answers: this.#ownAnswers({ id: 'own', ask: 'stats' }),
      own,
    };
  }

  /** Asks each instance up to which entry of the log it has applied everything. @param each - takes an answer the moment it arrives */
  async askPositions(each: (answer: Answer) => void): Promise<void> {
    // When the link is lost meanwhile, the next look says so.
    await this.#observer?.ask({ ask: 'status' }, Infinity, each).catch(() => undefined);
  }

  /**
   * Which instances hold a key.
   *
   * @param key - canonical
   */
  async where(region: string, key: string): Promise<readonly Answer[]> {
    const observer = await this.#connected();
    if (!observer) return this.#ownAnswers({ id: 'own', ask: 'entry', region, key });
    const { members } = await this.#answered(observer.look());
    return observer.ask({ ask: 'entry', region, key }, members.length);
  }

  /** Whether an instance with this answer has applied the entry `id` of the log. */
  hasApplied(answer: Answer, id: string): boolean {
    const position = propertyOf(answer, 'status', 'position');
    if (typeof position !== 'string') return false;
    return position === id || this.#parts.bridge?.isAfter(position, id) === true;
  }

  close(): void {
    this.#closed.abort(new Error('The dashboard is closed.'));
    for (const stop of this.#stopListening) stop();
    this.#observer?.close();
    this.#observer = undefined;
  }

  get #whyAlone(): Problem | null {
    if (this.#scope === 'local') return null;
    if (this.#scope === 'unobservable')
      return {
        what: 'Only this instance can be seen.',
        why: 'The bridge of this application lets nobody observe the others.',
      };
    return this.#problem ?? { what: `${this.#name} has not answered yet.`, why: '' };
  }

  get #own(): OwnSight {
    const { cache } = this.#parts;
    const { refusal } = cache;
    return {
      instanceId: cache.status().instanceId,
      refusal: refusal ? sentence(refusal.message) : null,
      flushReason: this.#flushReason,
    };
  }

  get #name(): string {
    return bridgeNameOf(this.#parts.bridge);
  }

  async #connected(): Promise<Observer | undefined> {
    const { bridge, clock } = this.#parts;
    if (this.#observer || !bridge || !isObservable(bridge)) return this.#observer;
    this.#dialling ??= this.#dial(bridge).finally(() => (this.#dialling = undefined));
    await withTimeout(this.#dialling, { ms: DIAL_WAIT, onTimeout: () => undefined, clock });
    return this.#observer;
  }

  async #dial(bridge: ObservableBridge): Promise<void> {
    const { cache, clock, seen } = this.#parts;
    const { signal } = this.#closed;
    try {
      const listener = { seen, lost: (cause: Error) => this.#lost(cause) };
      const observer = await Observer.open(bridge, cache.status().namespace, listener, { signal, clock });
      if (signal.aborted) return observer.close();
      this.#observer = observer;
      this.#problem = undefined;
    } catch (error) {
      this.#problem = this.#problemOf(errorFrom(error));
    }
  }

  #lost(cause: Error): void {
    this.#problem = this.#problemOf(cause);
    this.#observer?.close();
    this.#observer = undefined;
  }

  #problemOf(error: Error): Problem {
    return {
      what:
        error instanceof BridgeRefusal
          ? `${this.#name} refuses to be observed.`
          : `${this.#name} cannot be reached by the instance that serves this page.`,
      why: `Why: ${sentence(error.message)}`,
    };
  }

  #answered<T>(answer: Promise<T>): Promise<T> {
    const { clock } = this.#parts;
    const onTimeout = (): never => {
      throw new Error(`no answer within ${ANSWER_WAIT} ms`);
    };
    return withTimeout(answer, { ms: ANSWER_WAIT, onTimeout, clock });
  }

  #ownAnswers(question: Question): readonly Answer[] {
    const { cache } = this.#parts;
    const answer = cache.answer(question);
    return answer ? [{ ...answer, from: cache.status().instanceId }] : [];
  }
}

function sentence(message: string): string {
  const text = message.replace(PLACE_IN_SCRIPT, '');
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function isObservable(bridge: InvalidationBridge): bridge is InvalidationBridge & ObservableBridge {
  return 'observe' in bridge && typeof bridge.observe === 'function';
}
