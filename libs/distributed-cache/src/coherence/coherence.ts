import { randomUUID } from 'node:crypto';
import { newBridgeStats, type BridgeStats } from './bridge-stats.js';
import type { Clock } from '../common/clock.js';
import { EVICTED_ALONE, EVICTED_EVERYWHERE_ALONE, type Evicted } from './publish/evicted.js';
import { FirstSync } from './first-sync.js';
import { BridgeRefusal, type InvalidationBridge, type InvalidationLink } from '../protocol/invalidation-bridge.js';
import { encodeNoOp } from '../protocol/invalidation-message.js';
import { EVERYTHING, type Invalidation, type InvalidationTarget } from '../protocol/invalidation.js';
import { AppliedInvalidations } from './applied-invalidations.js';
import { Lease } from './lease.js';
import { Connection } from './follow/connection.js';
import { LogFollower } from './follow/log-follower.js';
import type { CacheLogger } from '../common/logger.js';
import { Operations } from '../common/operations.js';
import { OperatorMessages } from './operator-messages.js';
import { Publisher, type PublisherSettings } from './publish/publisher.js';
import { Reception } from './follow/reception.js';
import { SuspendWatchdog } from './suspend-watchdog.js';

/** @publicApi */
export type CoherenceState = 'local' | 'connecting' | 'coherent' | 'disconnected';

/** @internal */
export interface CoherenceSettings extends PublisherSettings {
  readonly namespace: string;
  readonly invalidationLogLength: number;
  readonly commandTimeout: number;
  readonly drainTimeout: number;
}

/** The copies that are kept honest. @internal */
export interface LocalCopies {
  /** Drops the entries and lets go of the running loads that `invalidation`, sent by another instance, covers. */
  applyInvalidation(invalidation: Invalidation, from: string): void;
  /** Drops everything. */
  flush(): void;
  stateChanged(state: CoherenceState, previous: CoherenceState): void;
}

/**
 * Keeps this instance's copies coherent with the other instances: publishes what is evicted here, applies what is evicted there, and
 * knows for how long the copies may be trusted.
 *
 * @see docs/coherence.md
 * @internal
 */
export class Coherence {
  readonly lease: Lease;
  readonly applied = new AppliedInvalidations();
  readonly stats: BridgeStats = newBridgeStats();
  readonly firstSync = new FirstSync();
  readonly #settings: CoherenceSettings;
  readonly #clock: Clock;
  readonly #copies: LocalCopies;
  readonly #messages: OperatorMessages;
  readonly #publisher: Publisher;
  readonly #follower: LogFollower;
  readonly #connection: Connection;
  readonly #watchdog: SuspendWatchdog;
  #bridge: InvalidationBridge | undefined;
  #hasConnected = false;
  #state: CoherenceState = 'connecting';
  #hasStopped = false;

  constructor(settings: CoherenceSettings, clock: Clock, copies: LocalCopies, logger: CacheLogger) {
    this.#settings = settings;
    this.#clock = clock;
    this.#copies = copies;
    this.#messages = new OperatorMessages(settings.namespace, logger, clock);
    this.lease = new Lease(settings.member.maxStaleness);
    const { applied, stats } = this;
    const operations = new Operations(logger);
    this.#publisher = new Publisher(settings, {
      clock,
      stats,
      operations,
      events: {
        gaveUp: (cause) => this.#connection.giveUpLink(cause),
        refused: (refusal) => this.#messages.refused(refusal),
        bridgeName: () => this.#messages.bridgeName,
      },
    });
    const { instanceId } = settings.member;
    const reception = new Reception({
      instanceId,
      applied,
      stats,
      operations,
      events: {
        applyInvalidation: (invalidation, from) => copies.applyInvalidation(invalidation, from),
        applied: (token) => this.#connection.acknowledge(token),
        malformed: (reason) => this.#messages.malformed(reason),
      },
    });
    this.#follower = new LogFollower(
      clock,
      stats,
      { apply: (payload, id) => reception.apply(payload, id), flush: (isOtherServer) => this.#flush(isOtherServer) },
      () => encodeNoOp(instanceId, randomUUID()),
      // Ids come through links, and there is no link without a bridge.
      (id, other) => this.#bridge?.isAfter(id, other) ?? false,
    );
    const { member, namespace, invalidationLogLength, minReplicas } = settings;
    this.#connection = new Connection(
      { ...member, namespace, logLength: invalidationLogLength, minReplicas },
      clock,
      this.#follower,
      {
        synced: (sentAt) => this.#synced(sentAt),
        connected: (link) => this.#connected(link),
        acknowledged: (token, by) => this.#publisher.acknowledged(token, by),
        refused: (refusal) => {
          this.firstSync.failed(refusal);
          this.#messages.refused(refusal);
        },
        lost: (cause, isDialledAgain) => this.#lost(cause, isDialledAgain),
      },
    );
    this.#watchdog = new SuspendWatchdog(clock, (milliseconds) => this.#suspended(milliseconds));
  }

  /**
   * Begins to keep the copies coherent through `bridge`; without one there is nobody to be coherent with.
   *
   * @param commandTimeout - ms; known only now where the connection string says it
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
    this.#connection.open(bridge, commandTimeout);
  }

  get state(): CoherenceState {
    // The lease may be over before the link is known to be dead.
    return this.#state === 'coherent' && !this.lease.isLive(this.#clock.now()) ? 'disconnected' : this.#state;
  }

  /** How many names are not in the log yet. */
  get waiting(): number {
    return this.#publisher.waiting;
  }

  /** The id of the log entry up to which everything was applied. */
  get position(): string | undefined {
    return this.#follower.position?.id;
  }

  /**
   * Nothing is stored before the first sync has answered or failed: what was loaded earlier could have been invalidated
   * unheard, by someone whose messages this instance has never been able to receive.
   */
  get mayStore(): boolean {
    return this.firstSync.isSettled && !this.#hasStopped;
  }

  /** Tells the other instances. It was applied here already. */
  publish(names: readonly InvalidationTarget[]): Promise<Evicted> {
    return this.#state === 'local' ? Promise.resolve(EVICTED_ALONE) : this.#publisher.publish(names);
  }

  /** Tells the other instances, and settles when none of them can serve what the names cover, or after `timeout` ms. */
  publishEverywhere(names: readonly InvalidationTarget[], timeout: number): Promise<Evicted> {
    return this.#state === 'local'
      ? Promise.resolve(EVICTED_EVERYWHERE_ALONE)
      : this.#publisher.publishEverywhere(names, timeout);
  }

  /** Delivers what waits, for at most `drainTimeout`, then leaves. */
  async stop(): Promise<void> {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    const drainTimeout = this.#bridge ? this.#settings.drainTimeout : 0;
    const startedAt = this.#clock.now();
    const undelivered = this.#state === 'local' ? 0 : await this.#publisher.drain(drainTimeout);
    await this.#connection.leave(drainTimeout - (this.#clock.now() - startedAt));
    this.#publisher.leave();
    if (undelivered > 0) this.#messages.undelivered(undelivered);
    this.#watchdog.stop();
    this.#connection.close(new Error('the cache was shut down'));
  }

  #synced(sentAt: number): void {
    this.lease.renew(sentAt);
    this.#publisher.synced(sentAt);
  }

  #connected(link: InvalidationLink): void {
    if (this.#hasConnected) this.stats.reconnects += 1;
    this.#hasConnected = true;
    this.firstSync.succeeded();
    this.#messages.connected();
    this.#changeState('coherent');
    this.#publisher.resume(link);
  }

  #lost(cause: Error, isDialledAgain: boolean): void {
    this.#publisher.suspend();
    this.firstSync.failed(cause);
    // A wrong password, for example: it needs a person, however often the link is dialled.
    if (cause instanceof BridgeRefusal && cause.remedy === 'report') this.#messages.refused(cause);
    if (this.#state !== 'disconnected' && isDialledAgain) {
      this.#messages.disconnected(cause, this.#settings.member.maxStaleness);
    }
    this.#changeState('disconnected');
  }

  #flush(isOtherServer: boolean): void {
    this.applied.record(EVERYTHING);
    this.#copies.flush();
    if (isOtherServer) this.#publisher.republish();
  }

  #suspended(milliseconds: number): void {
    this.#messages.suspended(milliseconds);
    this.lease.lapse(this.#clock.now());
    this.#connection.syncNow();
  }

  #changeState(state: CoherenceState): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#copies.stateChanged(state, previous);
  }
}
