import { BackOff } from '../../common/back-off.js';
import type { CancelTimer, Clock } from '../../common/clock.js';
import { detached } from '../../common/detached.js';
import type {
  BridgeMember,
  BridgeRefusal,
  InvalidationBridge,
  InvalidationLink,
  LinkNotice,
} from '../../protocol/invalidation-bridge.js';
import { syncInterval } from '../../protocol/sync-interval.js';
import type { Peers } from '../peers.js';
import { LinkSession, type AnswerTo, type Vanished } from './link-session.js';
import type { LogFollower } from './log-follower.js';
import { RegularCuts } from './regular-cuts.js';

/** @internal */
export interface ConnectionEvents {
  /** A sync is complete. It was sent at `sentAt`, in monotonic ms. */
  synced(sentAt: number): void;
  /** The first sync of this link is complete. Comes after `synced`. */
  connected(link: InvalidationLink): void;
  /** An instance has applied the message with this token. */
  acknowledged(token: string, instanceId: string): void;
  /** An observer has asked. Left out: questions are not listened to. */
  readonly asked?: AnswerTo | undefined;
  /** The server refused a sync or an acknowledgement; the link stays. */
  refused(refusal: BridgeRefusal): void;
  /** The link works, and operators should know something about it. */
  noticed(notice: LinkNotice): void;
  /** The server has lost this although it has run all the time. */
  vanished(what: Vanished): void;
  /**
   * The link is lost, or could not be dialled. `isDialledAgain`: another one will be dialled. `regularly`: the last links were all cut
   * after the same time.
   */
  lost(cause: Error, isDialledAgain: boolean, regularly: RegularCut | undefined): void;
}

/** In ms. @internal */
export interface RegularCut {
  /** How long the last links lived. */
  readonly after: number;
  /** How often something was sent on each of their connections. */
  readonly heartbeat: number;
}

/**
 * Keeps one link to the other side: dials, and dials again with back-off after a link has ended, until it is closed.
 *
 * A link that has ended is never used again: an answer that comes too late could renew a lease that nothing vouches for any more.
 *
 * @internal
 */
export class Connection {
  readonly #member: BridgeMember;
  readonly #peers: Peers;
  readonly #clock: Clock;
  readonly #follower: LogFollower;
  readonly #events: ConnectionEvents;
  readonly #backOff = new BackOff();
  readonly #regularCuts = new RegularCuts();
  #session: LinkSession | undefined;
  #cancelDial: CancelTimer | undefined;
  #isClosed = false;

  constructor(member: BridgeMember, peers: Peers, clock: Clock, follower: LogFollower, events: ConnectionEvents) {
    this.#member = member;
    this.#peers = peers;
    this.#clock = clock;
    this.#follower = follower;
    this.#events = events;
  }

  /**
   * Opens a link, outside of the context of whoever boots the application, or lost the link before this one.
   *
   * @param commandTimeout - how long a link may leave a request without an answer, in ms
   */
  open(bridge: InvalidationBridge, commandTimeout: number): void {
    const heartbeat = Math.min(syncInterval(this.#member.maxStaleness), bridge.keepAlive ?? Infinity);
    let connectedAt: number | undefined;
    const settings = { member: this.#member, peers: this.#peers, commandTimeout, heartbeat };
    const session = new LinkSession(settings, this.#clock, this.#follower, {
      synced: (link, sentAt) => {
        this.#events.synced(sentAt);
        if (connectedAt !== undefined) return;
        connectedAt = this.#clock.now();
        this.#backOff.reset();
        this.#events.connected(link);
      },
      acknowledged: (token, instanceId) => this.#events.acknowledged(token, instanceId),
      asked: this.#events.asked,
      refused: (refusal) => this.#events.refused(refusal),
      noticed: (notice) => this.#events.noticed(notice),
      vanished: (what) => this.#events.vanished(what),
      ended: (cause, wasCut) => {
        const lifetime = wasCut && connectedAt !== undefined ? this.#clock.now() - connectedAt : undefined;
        if (lifetime === undefined) this.#regularCuts.startOver();
        const after = lifetime === undefined ? undefined : this.#regularCuts.cut(lifetime);
        this.#events.lost(cause, !this.#isClosed, after === undefined ? undefined : { after, heartbeat });
        if (this.#isClosed) return;
        this.#cancelDial = this.#clock.schedule(() => this.open(bridge, commandTimeout), this.#backOff.next());
      },
    });
    this.#session = session;
    void detached(() => session.open(bridge));
  }

  /** Syncs now, or once more when the running sync is complete. */
  syncNow(): void {
    this.#session?.syncNow();
  }

  /** Tells the instances that wait for it: this one has applied the message with this token. */
  acknowledge(token: string): void {
    this.#session?.acknowledge(token);
  }

  /** Takes this instance off the list of members, in at most `timeout` ms. */
  async leave(timeout: number): Promise<void> {
    // Outside of the context of whoever closes the application.
    await detached(() => this.#session?.leave(timeout));
  }

  /** Ends the link, for which another one is dialled. */
  giveUpLink(cause: Error): void {
    this.#session?.end(cause);
  }

  /** Ends the link for good. */
  close(cause: Error): void {
    this.#isClosed = true;
    this.#cancelDial?.();
    this.#session?.end(cause);
  }
}
