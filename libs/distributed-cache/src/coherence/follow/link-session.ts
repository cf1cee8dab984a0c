import { BackOff } from '../../common/back-off.js';
import type { CancelTimer, Clock } from '../../common/clock.js';
import { errorFrom } from '../../common/error-from.js';
import { ignoreRejection } from '../../common/ignore-rejection.js';
import { withTimeout } from '../../common/timeout.js';
import { traced } from '../../common/tracing-channels.js';
import {
  BridgeRefusal,
  type BridgeMember,
  type Doorbell,
  type InvalidationBridge,
  type InvalidationLink,
  type LinkListener,
  type LinkNotice,
  type SyncReply,
} from '../../protocol/invalidation-bridge.js';
import type { Peers } from '../peers.js';
import type { LogFollower, LogRequest, SyncOutcome } from './log-follower.js';
import { syncTracing, type SyncTrace } from './tracing.js';

/** The shortest time between two syncs that gaps cause, in ms. */
const BETWEEN_GAP_SYNCS = 100;

/** The subscription is acknowledged and no error is reported, but the channel brings nothing. The next link should listen elsewhere. */
class SilentChannelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SilentChannelError';
  }
}

/** The link gave no answer in time: it is as good as dead. */
class NoAnswerError extends Error {
  constructor(what: string, timeout: number) {
    super(`no answer to ${what} within ${timeout} ms`);
    this.name = 'NoAnswerError';
  }
}

/** What a server can lose while it runs. @internal */
export type Vanished = NonNullable<SyncReply['vanished']>;

/** @internal */
export interface LinkSessionSettings {
  readonly member: BridgeMember;
  readonly peers: Peers;
  /** How long the link may leave a request without an answer, in ms. */
  readonly commandTimeout: number;
  /** The time from a complete sync to the next one, and between two exercises of the other connections, in ms. */
  readonly heartbeat: number;
}

/** @returns the answer and the id of its question; `undefined`: it gets none @internal */
export type AnswerTo = (question: string) => { readonly id: string; readonly answer: string } | undefined;

/** @internal */
export interface LinkSessionEvents {
  /** A sync is complete. It was sent at `sentAt`, in monotonic ms. */
  synced(link: InvalidationLink, sentAt: number): void;
  /** An instance has applied the message with this token. Also called for a link that has ended: it is true all the same. */
  acknowledged(token: string, instanceId: string): void;
  /** The server refused a sync or an acknowledgement. The link stays, and nothing is renewed. */
  refused(refusal: BridgeRefusal): void;
  /** The link works, and operators should know something about it. */
  noticed(notice: LinkNotice): void;
  /** An observer has asked. Left out: questions are not listened to. */
  readonly asked?: AnswerTo | undefined;
  /** The server has lost this although it has run all the time. */
  vanished(what: Vanished): void;
  /**
   * The session has ended: no answer that arrives later counts. Called once.
   *
   * @param wasCut - whether the other side, or something in between, ended the link
   */
  ended(cause: Error, wasCut: boolean): void;
}

/**
 * One link from its dialling to its end: the first sync, the heartbeats, and the syncs that close gaps. One sync runs at a time, and at
 * most one more waits for it.
 *
 * @internal
 */
export class LinkSession {
  readonly #settings: LinkSessionSettings;
  readonly #clock: Clock;
  readonly #follower: LogFollower;
  readonly #events: LinkSessionEvents;
  readonly #dialling = new AbortController();
  readonly #backOff = new BackOff();
  #link: Required<InvalidationLink> | undefined;
  #hasEnded = false;
  #hasSynced = false;
  #hasLeft = false;
  #isSyncing = false;
  #isSyncWanted = false;
  #lastGapSyncAt = Number.NEGATIVE_INFINITY;
  #cancelExercise: CancelTimer | undefined;
  #cancelNextSync: CancelTimer | undefined;

  constructor(settings: LinkSessionSettings, clock: Clock, follower: LogFollower, events: LinkSessionEvents) {
    this.#settings = settings;
    this.#clock = clock;
    this.#follower = follower;
    this.#events = events;
  }

  /** Dials, then syncs. Never rejects: a failure ends the session. */
  async open(bridge: InvalidationBridge): Promise<void> {
    this.#follower.linkOpened();
    const { asked } = this.#events;
    const listener: LinkListener = {
      heard: (doorbell) => this.#heard(doorbell),
      acknowledged: (token, instanceId) => this.#events.acknowledged(token, instanceId),
      asked: asked && ((question) => this.#asked(asked(question))),
      broken: (cause) => this.#end(cause, true),
      noticed: (notice) => {
        if (!this.#hasEnded) this.#events.noticed(notice);
      },
    };
    try {
      const link = await bridge.dial(this.#settings.member, listener, this.#dialling.signal);
      if (this.#hasEnded) {
        link.close();
        return;
      }
      this.#link = this.#inTime(link);
      this.#exerciseRegularly(this.#link);
      this.#sync();
    } catch (error) {
      this.end(errorFrom(error));
    }
  }

  /** Syncs now, or once more when the running sync has ended. */
  syncNow(): void {
    if (this.#isSyncing) this.#isSyncWanted = true;
    else this.#sync();
  }

  /**
   * Tells the instances that wait for it: this one has applied the message with this token. If that cannot be sent, they wait until the
   * lease of this instance is over.
   */
  acknowledge(token: string): void {
    this.#link?.acknowledge(token).catch((error: Error) => this.#notSent(error));
  }

  /** Takes this instance off the list of members, in at most `timeout` ms. If that fails, other instances wait for its lease. */
  async leave(timeout: number): Promise<void> {
    const link = this.#link;
    if (!link || this.#hasEnded) return;
    // No sync may be sent from now on: it would put this instance back on the list.
    this.#hasLeft = true;
    this.#cancelNextSync?.();
    this.#cancelExercise?.();
    await this.#answer(() => link.leave(), 'leaving', timeout).catch((error: Error) => this.#notSent(error));
  }

  /** Ends the session and closes its link. */
  end(cause: Error): void {
    this.#end(cause, false);
  }

  #end(cause: Error, wasCut: boolean): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#follower.linkEnded();
    this.#cancelNextSync?.();
    this.#cancelExercise?.();
    this.#dialling.abort();
    this.#link?.close(cause instanceof SilentChannelError ? 'silent-channel' : undefined);
    this.#events.ended(cause, wasCut);
  }

  /** Without the message, other instances wait a little longer, which is no error. A refusal, though, is a setting that must be changed. */
  #notSent(error: Error): void {
    if (error instanceof BridgeRefusal && !this.#hasEnded) this.#events.refused(error);
  }

  #asked(answer: ReturnType<AnswerTo>): void {
    // An instance that may not publish answers is shown without figures.
    if (answer && this.#link && !this.#hasEnded) void ignoreRejection(this.#link.answer(answer.id, answer.answer));
  }

  #heard(doorbell: Doorbell): void {
    // A link that has ended may still bring messages. They are true, but say nothing about the position on the current link.
    if (this.#hasEnded) this.#follower.heard({ payload: doorbell.payload, entry: undefined });
    else if (this.#follower.heard(doorbell)) this.#syncBecauseOfGap();
  }

  #syncBecauseOfGap(): void {
    const wait = this.#lastGapSyncAt + BETWEEN_GAP_SYNCS - this.#clock.now();
    if (wait > 0) {
      this.#syncIn(wait, () => this.#syncBecauseOfGap());
      return;
    }
    this.#lastGapSyncAt = this.#clock.now();
    this.syncNow();
  }

  #syncIn(delay: number, sync = (): void => this.syncNow()): void {
    this.#cancelNextSync?.();
    this.#cancelNextSync = this.#clock.schedule(sync, delay);
  }

  #sync(): void {
    const link = this.#link;
    if (!link || this.#hasEnded || this.#hasLeft) return;
    this.#cancelNextSync?.();
    this.#isSyncing = true;
    this.#isSyncWanted = false;
    this.#followed(link).then(
      (outcome) => {
        this.#isSyncing = false;
        if (outcome.kind === 'complete' && !this.#hasEnded) this.#synced(link, outcome);
      },
      (error: Error) => {
        this.#isSyncing = false;
        this.#syncFailed(error);
      },
    );
  }

  #followed(link: InvalidationLink): Promise<SyncOutcome> {
    const sync = (): Promise<SyncOutcome> =>
      this.#follower.sync(
        (request) => this.#ask(link, request),
        !this.#hasSynced,
        () => this.#hasEnded || this.#hasLeft,
      );
    if (!syncTracing.hasSubscribers) return sync();
    const { namespace, instanceId } = this.#settings.member;
    const trace: SyncTrace = { namespace, instanceId };
    return traced(syncTracing, trace, sync, (outcome) => {
      if (outcome.kind === 'complete') trace.missed = outcome.missed;
    });
  }

  /** Uses the connections that a sync does not use. By a timer of its own: gaps cause syncs, which put the next heartbeat off. */
  #exerciseRegularly(link: Required<InvalidationLink>): void {
    this.#cancelExercise = this.#clock.schedule(() => {
      this.#exerciseRegularly(link);
      link.exercise().catch((error: Error) => {
        // A refusal is an answer too, and all the same if another dial mends it.
        if (error instanceof BridgeRefusal && error.remedy !== 'redial') return;
        // Which of the connections it was is not known, but for the one that sends commands there are the syncs.
        this.end(error instanceof NoAnswerError ? new SilentChannelError(error.message) : error);
      });
    }, this.#settings.heartbeat);
  }

  async #ask(link: InvalidationLink, request: LogRequest): Promise<SyncReply> {
    const { peers } = this.#settings;
    const reply = await link.sync({ ...request, ...peers.request });
    peers.answered(reply);
    if (reply.vanished && reply.vanished.length > 0 && !this.#hasEnded) this.#events.vanished(reply.vanished);
    return reply;
  }

  #synced(
    link: Required<InvalidationLink>,
    outcome: { readonly sentAt: number; readonly missed: number; readonly hasGap: boolean },
  ): void {
    this.#hasSynced = true;
    this.#backOff.reset();
    this.#events.synced(link, outcome.sentAt);
    if (outcome.missed > 0) {
      this.end(new SilentChannelError(`the channel did not bring ${outcome.missed} entries of the log`));
      return;
    }
    this.#syncIn(this.#settings.heartbeat);
    if (outcome.hasGap) this.#syncBecauseOfGap();
    else if (this.#isSyncWanted) this.#sync();
  }

  /** The link, with a deadline on its answers: no answer within `commandTimeout` means a dead link. */
  #inTime(link: InvalidationLink): Required<InvalidationLink> {
    const { commandTimeout } = this.#settings;
    return {
      publish: (payload) => this.#answer(() => link.publish(payload), 'a publish', commandTimeout),
      publishToMembers: (payload) => this.#answer(() => link.publishToMembers(payload), 'a publish', commandTimeout),
      acknowledge: (token) => link.acknowledge(token),
      // The server waits for `timeout` before it answers.
      replicated: (count, timeout) =>
        this.#answer(() => link.replicated(count, timeout), 'a WAIT', timeout + commandTimeout),
      sync: (request) => this.#answer(() => link.sync(request), 'a sync', commandTimeout),
      exercise: async () => {
        if (link.exercise) await this.#answer(() => link.exercise?.(), 'a probe of an idle connection', commandTimeout);
      },
      answer: async (id, answer) => link.answer?.(id, answer),
      leave: () => link.leave(),
      close: (reason) => link.close(reason),
    };
  }

  /** The answer of the link; rejects with {@link NoAnswerError} after `timeout` ms. */
  #answer<T>(ask: () => Promise<T> | T, what: string, timeout: number): Promise<T> {
    return withTimeout(answerTo(ask), {
      ms: timeout,
      onTimeout() {
        throw new NoAnswerError(what, timeout);
      },
      clock: this.#clock,
    });
  }

  #syncFailed(error: Error): void {
    if (this.#hasEnded) return;
    if (!(error instanceof BridgeRefusal) || error.remedy === 'redial') {
      this.end(error);
      return;
    }
    this.#events.refused(error);
    // The server may refuse the position itself, and would refuse it for ever.
    if (error.remedy === 'report') this.#follower.forgetPosition();
    this.#syncIn(this.#backOff.next());
  }
}

/** The answer as a promise. A bridge that throws instead of rejecting must not throw out of a microtask. */
function answerTo<T>(ask: () => Promise<T> | T): Promise<T> {
  try {
    return Promise.resolve(ask());
  } catch (error) {
    return Promise.reject(errorFrom(error));
  }
}
