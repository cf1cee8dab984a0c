import type { ListedMember, Member, MemberSettings } from './member.js';
import type { Position } from './position.js';

/**
 * The port through which invalidations travel from instance to instance.
 *
 * On the other side stand three things, one of each in a namespace:
 *
 * - a **log**, which keeps the newest invalidations in one order that all instances see;
 * - a **channel**, which carries each entry of the log to every instance that listens, the moment it is written;
 * - a **list of members**: the instances that may hold copies. A member stays on it until it leaves, or until its last sync is
 *   `max(maxStaleness, ten minutes)` ago, by a clock that goes on only while some instance is there: it must not leap when the clock of the
 *   server is set.
 *
 * What the protocol needs of the log:
 *
 * - *Ordered ids.* Each entry has an id. Ids are opaque to the protocol; the bridge says which of two comes later
 *   ({@link InvalidationBridge.isAfter}).
 * - *A predecessor of each entry.* The channel names it ({@link Doorbell}), so that an instance notices that an entry did not arrive.
 * - *Proof that a position is still there.* The log keeps with each entry the hash of {@link Position}, and a sync says whether it still
 *   holds the position it was asked about ({@link SyncReply.continuous}). An id alone proves nothing: a log that was lost and written
 *   again may hold the same id with another history.
 * - *The age of an entry* on the log's own clock ({@link LogEntry.age}). Clocks of different machines are never compared.
 * - *An epoch*, which differs whenever another server may keep the log, or the same one with less in it.
 *
 * The library dials, dials again, and gives up links that do not answer; a bridge only speaks to its server. One bridge may serve any
 * number of caches. `bridgeContract` of `nestjs-distributed-cache/testing` checks a bridge against this contract.
 *
 * @publicApi
 */
export interface InvalidationBridge {
  /**
   * The name of the other side inside a sentence for operators, such as `'Redis'`: "Redis cannot be reached". Never a secret.
   * Default: `'the bridge'`.
   */
  readonly name?: string | undefined;
  /** The address that the bridge connects to, for the log line at boot. Never a secret. */
  readonly target: string;
  /**
   * How long a connection may be without traffic, in ms, before something between the two ends might close it: at least as often, each
   * link syncs and is {@link InvalidationLink.exercise | exercised}. Default: a heartbeat, which is at most 5 s.
   */
  readonly keepAlive?: number | undefined;
  /**
   * Whether the log holds the entry `id` later than the entry `other`. `false` for one and the same id. Never throws: an id may be forged.
   */
  isAfter(id: string, other: string): boolean;
  /**
   * Opens a link. Resolves once the link listens to the channel **and the server has acknowledged that**. Rejects, in bounded time, when
   * it cannot, and as soon as `signal` is aborted.
   */
  dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink>;
}

/** The name of the other side inside a sentence for operators. @internal */
export function bridgeNameOf(bridge: InvalidationBridge | undefined): string {
  return bridge?.name ?? 'the bridge';
}

/** The instance that dials. @publicApi */
export interface BridgeMember extends Member {
  readonly namespace: string;
  /** About how many entries the log must keep. */
  readonly logLength: number;
  /** How many replicas {@link InvalidationLink.replicated} will be asked about; `0`: it will not be called. */
  readonly minReplicas: number;
}

/** Receives what comes through one link. @publicApi */
export interface LinkListener {
  /** The channel brought a message. May be called before `dial` resolves. Never throws. */
  heard(doorbell: Doorbell): void;
  /**
   * An instance has applied the message with this token. May be called before the publisher has the answer of the log. Never throws.
   */
  acknowledged(token: string, instanceId: string): void;
  /**
   * An observer asks every instance. Left out: the instance answers none, and the link need not listen to questions. May be called before
   * `dial` resolves. Never throws.
   */
  asked?: ((question: string) => void) | undefined;
  /** The link is lost: requests that have no answer yet will get none. */
  broken(cause: Error): void;
  /** The link works, and something about it makes the cache slower or noisier than it need be. Never throws. Default: nobody is told. */
  noticed?: ((notice: LinkNotice) => void) | undefined;
}

/** What operators should know about a link that works. @publicApi */
export interface LinkNotice {
  /** `'error'`: it delays invalidations, and is logged once a minute while it lasts. `'warn'`: anything else; each sentence is logged once. */
  readonly severity: 'error' | 'warn';
  /** One sentence: what is amiss, what follows from it, and how to mend it. Never a secret. */
  readonly message: string;
  /** What the server said, or a setting of it. Never a secret. */
  readonly cause?: string | undefined;
}

/** One message of the channel: a payload, and its place in the log. @publicApi */
export interface Doorbell {
  readonly payload: string;
  /** `undefined`: the payload was published without being written to the log. */
  readonly entry: { readonly id: string; readonly previousId: string | undefined } | undefined;
}

/** A link, from its dialling until it is broken or closed; never used afterwards. @publicApi */
export interface InvalidationLink {
  /**
   * Appends the payload to the log, then sends it through the channel. Resolves with the id of the entry.
   * Rejects with {@link BridgeRefusal} when the server refuses it.
   */
  publish(payload: string): Promise<string>;
  /**
   * As {@link publish}, and resolves with the members. Before the payload is sent, the link listens to acknowledgements and the server
   * has confirmed that.
   */
  publishToMembers(payload: string): Promise<MembersReply>;
  /** Tells the instances that wait for it: this instance has applied the message with this token. */
  acknowledge(token: string): Promise<void>;
  /**
   * Waits, at most `timeout` ms, until `count` replicas have everything that was published on this link so far. Resolves with the number
   * of replicas that have it.
   */
  replicated(count: number, timeout: number): Promise<number>;
  /**
   * Registers this instance as a member, then answers. The write comes first: a server that refuses writes must not be able to answer,
   * since a server that was replaced would otherwise vouch for copies for ever.
   */
  sync(request: SyncRequest): Promise<SyncReply>;
  /**
   * Sends something on each connection that a sync does not use, and resolves once each has proven to be alive since the call. Servers and
   * proxies close connections that are idle, and a connection that was cut without a word looks like a quiet one. Called with each
   * heartbeat; no answer within `commandTimeout` ends the link. Default: a link needs no exercise.
   */
  exercise?(): Promise<void>;
  /**
   * Sends an answer to the observer that has asked the question with this id. Nothing is stored. Default: observers get no answers.
   */
  answer?(id: string, answer: string): Promise<void>;
  /**
   * Removes this instance from the list of members: it serves nothing any more. Its settings may stay there. Only once no member is left
   * may the log and the list be given an expiry, which the next sync takes away: a server that runs out of memory may delete first what
   * has one.
   */
  leave(): Promise<void>;
  /**
   * Closes the link; it may be closed more than once.
   *
   * @param reason - `'silent-channel'`: the channel did not bring entries that the log holds. The next link should listen elsewhere, if
   *   it can.
   */
  close(reason?: 'silent-channel'): void;
}

/** The answer to a message that is sent to the members. @publicApi */
export interface MembersReply {
  /** The id of the entry in the log. */
  readonly id: string;
  /** The members on the list when the entry was written, this instance among them. */
  readonly members: readonly ListedMember[];
  /** For how long, in ms, the list has been complete: no instance that synced within that time can be missing from it. */
  readonly listAge: number;
  /**
   * Why the list is not complete for longer: `'new-list'` – it was made then, because the namespace was new or its data lost;
   * `'other-server'` – the server was restarted, or another one took its place; `'unknown-server'` – the server does not say which it is, so
   * that a list is never older than a request. Default: the bridge cannot tell.
   */
  readonly listBegan?: 'new-list' | 'other-server' | 'unknown-server' | undefined;
  /** As {@link SyncReply.settings}. */
  readonly settings: readonly MemberSettings[];
}

/** What an instance tells the log when it syncs. @publicApi */
export interface SyncRequest {
  /** The position up to which this instance has applied everything; `undefined` on the first sync. */
  readonly position: Position | undefined;
  /** The epoch of the log from which the position was taken. */
  readonly epoch: string | undefined;
  /**
   * The payload to append when the log is empty. It is random, so that no two logs begin alike, and it is not sent through the channel:
   * nobody has to act on it.
   */
  readonly noOp: string;
  /**
   * Settings of instances of this namespace, which this instance remembers. The list of members takes them over if its epoch is not
   * {@link epoch}: that list may have lost instances that are cut off now.
   */
  readonly remembered: readonly MemberSettings[];
  /** Whether the reply should hold the members. */
  readonly wantsMembers: boolean;
}

/** What the log answers to a sync. @publicApi */
export interface SyncReply {
  /**
   * Identifies the server that keeps the log, and the time since which it has known the members. Differs after a restart, a failover or a
   * loss of data. `undefined`: the server does not say, and every link then counts as one to another server.
   */
  readonly epoch: string | undefined;
  /**
   * What the server has lost since the {@link SyncRequest.epoch} of the request although it has run all the time: somebody has deleted it, or
   * the server itself, because its memory was full. Default: nothing, also where the bridge cannot tell.
   */
  readonly vanished?: readonly ('log' | 'members')[] | undefined;
  /** The position of the newest entry. */
  readonly newest: Position;
  /** The epoch is the same, and the log still holds an entry with the id **and** the hash of the position in the request. */
  readonly continuous: boolean;
  /** The entries after the position, oldest first. Empty unless `continuous`. */
  readonly entries: readonly LogEntry[];
  /** `false`: the log holds more entries after these. */
  readonly complete: boolean;
  /**
   * Every combination of settings on the list of members, each once: those of each instance that has synced and may still serve, and those
   * that were remembered. `instanceId` is no setting.
   */
  readonly settings: readonly MemberSettings[];
  /** The members on the list, if the request wants them; otherwise empty. */
  readonly members: readonly ListedMember[];
}

/** One message in the log. @publicApi */
export interface LogEntry {
  readonly id: string;
  readonly payload: string;
  /** How long ago the entry was written, in ms, by the clock of the log at the time of the reply. */
  readonly age: number;
}

/**
 * The server answered with an error. `remedy` says what helps: `'redial'` – another connection, since this server is the wrong one, at
 * least now; `'retry'` – time, since the server cannot do it at the moment; `'report'` – a person, who must change a setting. In every
 * case the invalidation stays in the outbox.
 *
 * @publicApi
 */
export class BridgeRefusal extends Error {
  readonly remedy: 'redial' | 'retry' | 'report';

  constructor(remedy: 'redial' | 'retry' | 'report', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BridgeRefusal';
    this.remedy = remedy;
  }
}
