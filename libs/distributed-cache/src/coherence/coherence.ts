import { randomUUID } from 'node:crypto';
import { newBridgeCounts, type BridgeCounts, type BridgeStats } from './bridge-stats.js';
import type { Clock } from '../common/clock.js';
import { EVICTED_ALONE, EVICTED_EVERYWHERE_ALONE, type Evicted } from './publish/evicted.js';
import { FirstSync } from './first-sync.js';
import { BridgeRefusal, type InvalidationBridge, type InvalidationLink } from '../protocol/invalidation-bridge.js';
import { encodeNoOp } from '../protocol/invalidation-message.js';
import { EVERYTHING, type Invalidation, type InvalidationTarget } from '../protocol/invalidation.js';
import { Answering, type Answers } from './answering.js';
import type { Question } from '../protocol/question.js';
import { AppliedInvalidations, type AppliedGroup } from './applied-invalidations.js';
import { AwaitedSyncs } from './awaited-syncs.js';
import { Lease } from './lease.js';
import { Connection, type RegularCut } from './follow/connection.js';
import { LogFollower, type FlushReason } from './follow/log-follower.js';
import { OpenGroup } from './follow/open-group.js';
import type { CacheLogger } from '../common/logger.js';
import { Operations } from '../common/operations.js';
import { OperatorMessages } from './operator-messages.js';
import { Peers } from './peers.js';
import { Publisher, type PublisherSettings } from './publish/publisher.js';
import { Reception } from './follow/reception.js';
import { Silence } from './silence.js';
import { SuspendWatchdog } from './suspend-watchdog.js';

/** See {@link CacheStatus.state}. @publicApi */
export type CoherenceState = 'local' | 'connecting' | 'coherent' | 'undelivered' | 'disconnected';

/** @internal */
export const COHERENCE_STATES: readonly CoherenceState[] = [
  'local',
  'connecting',
  'coherent',
  'undelivered',
  'disconnected',
];

/** What is known of the link alone. */
type LinkState = Exclude<CoherenceState, 'undelivered'>;

/** All times in ms. @internal */
export interface CoherenceSettings extends PublisherSettings {
  readonly namespace: string;
  readonly invalidationLogLength: number;
  readonly commandTimeout: number;
  readonly drainTimeout: number;
  /** What an observer is told. */
  readonly answers: Answers;
}

/** The copies that are kept coherent. @internal */
export interface LocalCopies {
  /** Removes the entries and abandons the running loads that `invalidation` covers. `from` is the instance that published it. */
  applyInvalidation(invalidation: Invalidation, from: string): void;
  /** Removes everything. */
  flush(reason: FlushReason): void;
  /** There has been no news for a third of `maxStaleness`, or there is news again. */
  silenceChanged(isSilent: boolean): void;
  stateChanged(state: CoherenceState, previous: CoherenceState): void;
  /** What this instance says to an observer; `undefined`: nothing. */
  answerTo(question: Question): object | undefined;
}

/** The group that is open when something is served: a later part of it may evict what was served. @internal */
export interface ServedIn {
  readonly group: AppliedGroup;
  /** When the last sync that was complete by then was sent, in monotonic ms. */
  readonly syncedAt: number;
}

/**
 * Keeps the copies of this instance coherent with the copies of the other instances.
 *
 * # What it is
 *
 * Values never leave an instance; only invalidations travel, which name what is no longer true. Behind the bridge, all instances of a
 * namespace share one *log* of invalidations, and a channel that carries each of its entries the moment it is written. From these, this
 * class derives the one fact that a read needs: until when may a copy be served? docs/coherence.md has the rules and the proof, and
 * protocol/invalidation-bridge.ts says what the other side must provide.
 *
 * # Who owns whom
 *
 * ```
 * LocalCache                          implements LocalCopies
 * └─ Coherence
 *    ├─ Lease                         until when may a copy be served?
 *    ├─ AppliedInvalidations          has an invalidation overtaken this load or put? (the fence)
 *    ├─ FirstSync                     has this instance ever learnt where the log stands?
 *    ├─ AwaitedSyncs                  who waits for the next sync?
 *    ├─ Silence                       has there been no news for long, so that the lease will end?
 *    ├─ SuspendWatchdog               notices that the machine was suspended
 *    ├─ OperatorMessages              the lines for operators
 *    ├─ Answering                     what observers are told
 *    ├─ Peers                         what settings do the other instances have?
 *    ├─ Publisher                     publish/: from an eviction to the log
 *    │  ├─ Outbox                     targets that were not sent yet
 *    │  ├─ RefusedMessages            messages that the server refused for now
 *    │  ├─ RepublishBuffer            what was published lately, for a server that has lost it
 *    │  └─ Callers                    the promises of evictions
 *    │     ├─ Delivery                one for each tick: does the log have it?
 *    │     ├─ Confirmations           one for each tick, with `everywhere`: does every instance have it?
 *    │     └─ Replication             do enough replicas have it?
 *    ├─ LogFollower                   follow/: the position in the log, and whether the log continues it
 *    ├─ Reception                     decodes and applies messages
 *    │  └─ OpenGroup                  which of them take effect as one
 *    └─ Connection                    keeps a link open
 *       ├─ RegularCuts                are links cut again and again after the same time?
 *       └─ LinkSession                one at a time: a link from its dialling to its end; syncs and heartbeats
 *          └─ InvalidationLink        made by the bridge
 * ```
 *
 * # An eviction
 *
 * `LocalCache` has applied it when it calls {@link publish}. `Publisher` gathers the targets of one tick in the `Outbox`, sends them as
 * messages, and settles the `Delivery` when the log has accepted all of them. What the log does not accept stays: in the outbox while there
 * is no link, in `RefusedMessages` after an error answer, and back in the outbox when the link is lost before the answer.
 *
 * # An invalidation of another instance
 *
 * The channel brings it to `LinkSession`, which passes it to `LogFollower`. There it is applied first, always, since applying twice does no
 * harm: `Reception` records it in `AppliedInvalidations` and then removes the copies. Then the position moves over it, if it continues the
 * log. If it does not, entries are missing, and a sync brings them. Nothing on this way leads to `Publisher`, so no instance can repeat
 * what it receives.
 *
 * # A sync
 *
 * `LinkSession` syncs when a link is opened, after a gap, and with every heartbeat. The answer either continues the position, entry by
 * entry, or nothing local may be trusted: {@link LocalCopies.flush}. A complete sync renews the `Lease`, from the time at which it was
 * *sent*.
 *
 * # States
 *
 * - `'local'`: there is no bridge, so there are no other instances. The lease never lapses and nothing is published.
 * - `'connecting'`: no sync has been complete yet, and no link has been lost.
 * - `'coherent'`: the link has synced, and the lease is live.
 * - `'undelivered'`: as `'coherent'`, but something that was evicted here has waited for the log for longer than `publishTimeout`.
 * - `'disconnected'`: the link is lost, or the lease is over. Evictions wait in the outbox.
 *
 * # Why it is built like this
 *
 * - *A log, and not the channel alone*: an instance that is cut off for a second misses messages and is not told so. With a log, it notices
 *   the gap and closes it.
 * - *A lease, and not the state of a socket*: a half-open connection looks alive. The lease bounds staleness whatever the link looks like.
 * - *The first sync of an instance is never continuous*: it has no position that it could prove.
 * - *Another epoch is never continuous*: a promoted replica may lack entries that this instance never received either.
 *
 * @internal
 */
export class Coherence {
  readonly lease: Lease;
  readonly applied = new AppliedInvalidations();
  readonly counts: BridgeCounts = newBridgeCounts();
  readonly firstSync = new FirstSync();
  readonly #awaitedSyncs: AwaitedSyncs;
  readonly #settings: CoherenceSettings;
  readonly #clock: Clock;
  readonly #copies: LocalCopies;
  readonly #messages: OperatorMessages;
  readonly #peers: Peers;
  readonly #publisher: Publisher;
  readonly #follower: LogFollower;
  readonly #connection: Connection;
  readonly #silence: Silence;
  readonly #watchdog: SuspendWatchdog;
  readonly #flushes = new Map<FlushReason, number>();
  #refusal: BridgeRefusal | undefined;
  #bridge: InvalidationBridge | undefined;
  #hasConnected = false;
  #state: LinkState = 'connecting';
  #announced: CoherenceState = 'connecting';
  #hasStopped = false;

  constructor(settings: CoherenceSettings, clock: Clock, copies: LocalCopies, logger: CacheLogger) {
    this.#settings = settings;
    this.#clock = clock;
    this.#copies = copies;
    this.#messages = new OperatorMessages(settings.namespace, logger, clock);
    this.lease = new Lease(settings.member.maxStaleness);
    this.#awaitedSyncs = new AwaitedSyncs(clock);
    const { applied, counts: stats } = this;
    const operations = new Operations(logger);
    const { member } = settings;
    const peers = new Peers(member, clock, (other) => this.#messages.differs(member, other));
    this.#peers = peers;
    this.#publisher = new Publisher(settings, {
      clock,
      stats,
      operations,
      peers,
      events: {
        gaveUp: (cause) => this.#connection.giveUpLink(cause),
        refused: (refusal) => this.#refused(refusal),
        bridgeName: () => this.#messages.bridgeName,
        overdueChanged: () => this.#announceState(),
      },
    });
    const { instanceId } = member;
    // Ids come through links, and no link is opened before there is a bridge.
    const isAfter = (id: string, other: string): boolean => this.#bridge?.isAfter(id, other) ?? false;
    const group = new OpenGroup(applied, clock, isAfter, (token) => this.#connection.acknowledge(token));
    const reception = new Reception({
      namespace: settings.namespace,
      instanceId,
      applied,
      group,
      stats,
      operations,
      events: {
        applyInvalidation: (invalidation, from) => copies.applyInvalidation(invalidation, from),
        heardOwn: (id) => this.#publisher.heard(id),
        malformed: (reason) => this.#messages.malformed(reason),
      },
    });
    this.#follower = new LogFollower(
      clock,
      stats,
      {
        apply: (payload, id) => reception.apply(payload, id),
        flush: (reason, isOtherServer) => {
          group.startedOver();
          this.#flush(reason, isOtherServer);
        },
        fellBehind: () => group.fellBehind(),
        caughtUp: (newest, syncSentAt) => group.caughtUp(newest, syncSentAt),
      },
      () => encodeNoOp(instanceId, randomUUID()),
      isAfter,
    );
    const { namespace, invalidationLogLength, minReplicas, answers } = settings;
    const respond = (question: Question): object | undefined => copies.answerTo(question);
    const answering = new Answering({ answers, instanceId, clock, logger, respond });
    this.#connection = new Connection(
      { ...member, namespace, logLength: invalidationLogLength, minReplicas },
      peers,
      clock,
      this.#follower,
      {
        synced: (sentAt) => this.#synced(sentAt),
        connected: (link) => this.#connected(link),
        acknowledged: (token, by) => this.#publisher.acknowledged(token, by),
        asked: answers === 'none' ? undefined : (question) => answering.answerTo(question),
        refused: (refusal) => {
          this.firstSync.failed(refusal);
          this.#refused(refusal);
        },
        noticed: (notice) => this.#messages.noticed(notice),
        vanished: (what) => this.#messages.vanished(what),
        lost: (cause, isDialledAgain, regularly) => this.#lost(cause, isDialledAgain, regularly),
      },
    );
    this.#silence = new Silence(clock, member.maxStaleness, {
      began: () => copies.silenceChanged(true),
      ended: () => copies.silenceChanged(false),
      leaseEnded: () => this.#messages.leaseEnded(member),
    });
    this.#watchdog = new SuspendWatchdog(clock, (milliseconds) => this.#suspended(milliseconds));
  }

  /**
   * Begins to keep the copies coherent through `bridge`. Without a bridge it is local mode.
   *
   * @param commandTimeout - how long the bridge may leave a request without an answer, in ms. Known only now where a connection string
   *   says it. Default: the setting.
   */
  start(bridge: InvalidationBridge | undefined, commandTimeout = this.#settings.commandTimeout): void {
    if (this.#hasStopped) return;
    if (!bridge) {
      this.lease.neverLapse();
      this.#publisher.discard();
      this.firstSync.succeeded();
      this.#changeState('local');
      return;
    }
    this.#bridge = bridge;
    this.#messages.bridge = bridge;
    this.#watchdog.start();
    this.#silence.start();
    this.#connection.open(bridge, commandTimeout);
  }

  get state(): CoherenceState {
    if (this.#state !== 'coherent') return this.#state;
    // The lease may be over before anybody notices that the link is dead.
    if (!this.lease.isLive(this.#clock.now())) return 'disconnected';
    return this.isDelivering ? 'coherent' : 'undelivered';
  }

  /** Whether what is evicted here gets out: nothing has waited for the log for longer than `publishTimeout`. */
  get isDelivering(): boolean {
    return !this.#publisher.isOverdue;
  }

  /** The number of targets that are not in the log yet. */
  get waiting(): number {
    return this.#publisher.waiting;
  }

  /** How long the oldest target has waited that is not in the log yet, in ms; 0: there is none. */
  get outboxAge(): number {
    return this.#state === 'local' ? 0 : this.#publisher.age;
  }

  /**
   * How many instances the list of members had lately, this one among them: a minute ago at most, and the time until the next sync.
   * `undefined`: that is not known now.
   */
  get members(): number | undefined {
    const { state } = this;
    return state === 'coherent' || state === 'undelivered' ? this.#peers.listed : undefined;
  }

  get stats(): BridgeStats {
    return { ...this.counts, propagation: this.#publisher.propagation };
  }

  /** How often all copies were dropped, by the reason. */
  get flushes(): ReadonlyMap<FlushReason, number> {
    return this.#flushes;
  }

  /** What the server has refused last; `undefined`: since then it has taken all there was, or it never refused anything. */
  get refusal(): BridgeRefusal | undefined {
    return this.#refusal;
  }

  /** The id of the log entry up to which everything has been applied; `undefined` before the first sync and in local mode. */
  get position(): string | undefined {
    return this.#follower.position?.id;
  }

  /**
   * Whether results may be stored. Not before the first sync has succeeded or failed: until then this instance may have missed the
   * invalidation of a value that it is loading, and nothing would ever bring that invalidation.
   */
  get mayStore(): boolean {
    return this.firstSync.isSettled && !this.#hasStopped;
  }

  /** The group in which something is served now; `undefined`: none is open. */
  get servingIn(): ServedIn | undefined {
    const group = this.applied.openGroup;
    return group && { group, syncedAt: this.lease.syncedAt };
  }

  /**
   * Publishes an eviction that was applied here already. Settles when the log has it, or when that is known to take longer.
   *
   * @param traceparent - the trace context that the message is to carry
   */
  publish(targets: readonly InvalidationTarget[], traceparent?: string): Promise<Evicted> {
    return this.#state === 'local' ? Promise.resolve(EVICTED_ALONE) : this.#publisher.publish(targets, traceparent);
  }

  /** As {@link publish}; settles when no instance can serve what the targets cover, or rejects after `timeout` ms. */
  publishEverywhere(targets: readonly InvalidationTarget[], timeout: number, traceparent?: string): Promise<Evicted> {
    return this.#state === 'local'
      ? Promise.resolve(EVICTED_EVERYWHERE_ALONE)
      : this.#publisher.publishEverywhere(targets, timeout, traceparent);
  }

  /**
   * Syncs. Resolves with `true` when a sync is complete that was sent after the call: then everything has arrived that was in the log by
   * then. In local mode there is nothing to wait for.
   *
   * @returns `false` when there was none within `timeout` ms
   */
  nextSync(timeout: number): Promise<boolean> {
    if (this.#state === 'local') return Promise.resolve(true);
    if (this.#hasStopped) return Promise.resolve(false);
    const next = this.#awaitedSyncs.next(timeout);
    this.#connection.syncNow();
    return next;
  }

  /** Delivers what the log does not have yet, for at most `drainTimeout`, then leaves. May be called more than once. */
  async stop(): Promise<void> {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    this.#awaitedSyncs.close();
    this.#silence.stop();
    const drainTimeout = this.#bridge ? this.#settings.drainTimeout : 0;
    const startedAt = this.#clock.now();
    if (this.waiting > 0 && drainTimeout > 0) this.#messages.draining(this.waiting, drainTimeout);
    const undelivered = this.#state === 'local' ? 0 : await this.#publisher.drain(drainTimeout);
    await this.#connection.leave(Math.max(0, drainTimeout - (this.#clock.now() - startedAt)));
    this.#publisher.leave();
    if (undelivered > 0) this.#messages.undelivered(undelivered);
    this.#watchdog.stop();
    this.#connection.close(new Error('the cache was shut down'));
  }

  #synced(sentAt: number): void {
    this.lease.renew(sentAt);
    this.#silence.heard(this.lease.syncedAt);
    this.#publisher.synced(sentAt);
    if (this.#refusal && this.waiting === 0) this.#refusal = undefined;
    this.#awaitedSyncs.synced(sentAt);
  }

  #connected(link: InvalidationLink): void {
    if (this.#hasConnected) this.counts.reconnects += 1;
    this.#hasConnected = true;
    this.firstSync.succeeded();
    this.#messages.connected();
    // Before the state: a listener of it may evict, and the log can be reached.
    this.#publisher.resume(link);
    this.#changeState('coherent');
  }

  #lost(cause: Error, isDialledAgain: boolean, regularly: RegularCut | undefined): void {
    this.#publisher.suspend();
    this.#silence.linkLost();
    this.firstSync.failed(cause);
    // A wrong password, for example: it needs a person, however often the link is dialled.
    if (cause instanceof BridgeRefusal && cause.remedy === 'report') this.#refused(cause);
    if (isDialledAgain) this.#messages.disconnected(cause, this.#settings.member.maxStaleness, regularly);
    this.#changeState('disconnected');
  }

  #refused(refusal: BridgeRefusal): void {
    this.#refusal = refusal;
    this.#messages.refused(refusal);
  }

  #flush(reason: FlushReason, isOtherServer: boolean): void {
    this.#flushes.set(reason, (this.#flushes.get(reason) ?? 0) + 1);
    this.applied.record(EVERYTHING);
    this.#copies.flush(reason);
    // At an ordinary start there is nothing to lose.
    if (reason !== 'first-sync' || this.firstSync.isSettled) this.#messages.startsEmpty(reason);
    if (isOtherServer) this.#publisher.republish();
  }

  #suspended(milliseconds: number): void {
    this.#messages.suspended(milliseconds);
    this.lease.lapse(this.#clock.now());
    this.#silence.leaseLapsed();
    this.#publisher.suspended();
    this.#connection.syncNow();
  }

  #changeState(state: LinkState): void {
    this.#state = state;
    this.#announceState();
  }

  #announceState(): void {
    const previous = this.#announced;
    const state = this.#state === 'coherent' && !this.isDelivering ? 'undelivered' : this.#state;
    if (state === previous) return;
    this.#announced = state;
    this.#copies.stateChanged(state, previous);
  }
}
