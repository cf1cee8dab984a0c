import type { ListedMember, Member } from './member.js';
import type { Position } from './position.js';

/**
 * The port through which invalidations travel: a log that keeps them and a channel that carries each the moment it is written.
 * One bridge may serve any number of caches. {@link Coherence} owns the protocol, dials again and gives up on dead links; a bridge
 * only speaks to its server.
 *
 * @publicApi
 */
export interface InvalidationBridge {
  /**
   * The name of the other side inside a sentence for operators, such as `'Redis'`: "Redis cannot be reached". Never a secret.
   * Default: `'the bridge'`.
   */
  readonly name?: string | undefined;
  /** What the bridge connects to, for the log line at boot; never a secret. */
  readonly target: string;
  /**
   * Opens a link. Resolves once the channel is listened to **and the server has acknowledged that**; rejects, in bounded time,
   * when it cannot. `signal` asks to give up.
   */
  dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink>;
}

/** The name of the other side inside a sentence for operators. @internal */
export function bridgeNameOf(bridge: InvalidationBridge | undefined): string {
  return bridge?.name ?? 'the bridge';
}

/** Who dials. @publicApi */
export interface BridgeMember extends Member {
  readonly namespace: string;
  /** About how many entries the log is to keep. */
  readonly logLength: number;
  /** How many replicas {@link InvalidationLink.replicated} will be asked for; `0`: it will not be asked. */
  readonly minReplicas: number;
}

/** @publicApi */
export interface LinkListener {
  /** A message came through the channel. May be called before `dial` resolves. Never throws. */
  heard(doorbell: Doorbell): void;
  /** An instance says that it has applied the message with this token. May be called before the publisher has its answer. Never throws. */
  acknowledged(token: string, instanceId: string): void;
  /** The link is gone; whatever was asked on it and has not been answered will not be. */
  broken(cause: Error): void;
}

/** What the channel carries: the payload, and where in the log it stands. @publicApi */
export interface Doorbell {
  readonly payload: string;
  /** `undefined` when the payload was published without entering the log. */
  readonly entry: { readonly id: string; readonly previousId: string | undefined } | undefined;
}

/** One connection's life; never used again once broken or closed. @publicApi */
export interface InvalidationLink {
  /**
   * Appends the payload to the log, then rings the doorbell. Resolves with the id of the entry.
   * Rejects with {@link BridgeRefusal} when the server refused it.
   */
  publish(payload: string): Promise<string>;
  /**
   * As {@link publish}, and tells who may hold copies. Acknowledgements are listened to, and the server has said so, before the
   * payload is sent.
   */
  publishToMembers(payload: string): Promise<MembersReply>;
  /** Tells the instances that wait for it that this one has applied the message with this token. */
  acknowledge(token: string): Promise<void>;
  /**
   * Waits, for at most `timeout` ms, until `count` replicas have everything that was published on this link until now. Resolves with
   * how many have.
   */
  replicated(count: number, timeout: number): Promise<number>;
  /** Writes first (so that a server which may not be written to can never renew a lease), then answers. */
  sync(request: SyncRequest): Promise<SyncReply>;
  /** Takes this instance off the list of members: it serves nothing any more. */
  leave(): Promise<void>;
  /** @param reason - `'silent-channel'`: it did not bring what the log holds, so the next link should listen elsewhere, if it can */
  close(reason?: 'silent-channel'): void;
}

/** @publicApi */
export interface MembersReply {
  /** Of the entry in the log. */
  readonly id: string;
  /** The instances that had synced in the last ten minutes when the entry was written, this one among them. */
  readonly members: readonly ListedMember[];
  /** For how long, in ms, no member can have been missing from that list. */
  readonly listAge: number;
}

/** @publicApi */
export interface SyncRequest {
  /** Up to where everything was applied; `undefined` on the first sync. */
  readonly position: Position | undefined;
  /** The server that position was taken from. */
  readonly epoch: string | undefined;
  /** What to append when the log is empty. */
  readonly noOp: string;
}

/** @publicApi */
export interface SyncReply {
  /**
   * Which server this is, and since when it has known the members: another one after a restart, a failover, or a wipe.
   * `undefined` when it will not say, and then every link counts as a new one.
   */
  readonly epoch: string | undefined;
  readonly newest: Position;
  /** Same epoch, and the log still holds an entry with the id **and** the hash of the position asked about. */
  readonly continuous: boolean;
  /** The entries after the position, oldest first, when continuous. */
  readonly entries: readonly LogEntry[];
  /** `false`: there are more after these. */
  readonly complete: boolean;
  /** The server's clock in ms, to tell how old entries are. */
  readonly serverTime: number;
}

/** @publicApi */
export interface LogEntry {
  readonly id: string;
  readonly payload: string;
}

/**
 * What to do about an answer that is an error: `'redial'` – this server is not the one to talk to (now); `'retry'` – it cannot at the
 * moment; `'report'` – somebody must change a setting. The invalidation stays in the outbox in every case.
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
