import type { Redis } from 'ioredis';
import {
  BridgeRefusal,
  type BridgeMember,
  type InvalidationLink,
  type LinkListener,
  type LogEntry,
  type MembersReply,
  type SyncReply,
  type SyncRequest,
} from '../../protocol/invalidation-bridge.js';
import { encodeMember } from '../../protocol/member.js';
import { toLinkError } from '../dial/redis-errors.js';
import { disconnect } from '../dial/sockets.js';
import { readDoorbell } from './doorbell-text.js';
import { listedMembers, listedSettings, settingsArguments, staysListed } from './member-list.js';
import { publishScript, publishToMembersScript } from './publish-script.js';
import { ScriptRuns } from './script-runs.js';
import { KEPT_FOR, type RedisNames } from './redis-names.js';
import { serverMilliseconds } from './stream-id.js';
import { syncScript } from './sync-script.js';

/** The most entries that one sync returns. */
const MOST_ENTRIES = 500;

/** The most bytes of payload that one sync returns; the first entry is returned whatever its size. */
const MOST_BYTES = 256 * 1024;

/** The open connections that a link works on. @internal */
export interface OpenConnections {
  readonly commands: Redis;
  readonly subscriber: Redis;
  /** A connection to the server of `commands`, for `WAIT` alone, which blocks it. `undefined` without `minReplicas`. */
  readonly waiter?: Redis | undefined;
  /**
   * Resolves unless somebody who knows, asked from now on, says that another server has taken this one's place; rejects then. `undefined`
   * when nobody could be asked.
   */
  readonly untilConfirmed?: (() => Promise<void>) | undefined;
  /** Called with each sync: looks, on its own, whether the name of the server leads elsewhere. `undefined` when there is no name. */
  readonly lookAtName?: (() => void) | undefined;
  /** Called when the link is closed because its channel did not deliver what the log holds. */
  readonly channelWasSilent?: (() => void) | undefined;
}

/** One link over Redis: sends the commands, and reads what the subscriber receives. @internal */
export class RedisLink implements InvalidationLink {
  readonly #connections: OpenConnections;
  readonly #names: RedisNames;
  readonly #member: BridgeMember;
  /** The element of the sorted set of members that stands for this instance. */
  readonly #record: string;
  readonly #scripts: ScriptRuns;
  #acksSubscribed: Promise<void> | undefined;
  /** What waits until the subscription to the acknowledgements is answered. */
  #waitingForAcks: (() => void)[] | undefined;
  /** The epoch when the server does not allow INFO. It is never equal to the epoch of another link. */
  readonly #unknownEpoch = `unknown:${Math.random()}`;
  #isClosed = false;

  constructor(connections: OpenConnections, names: RedisNames, member: BridgeMember) {
    this.#connections = connections;
    this.#scripts = new ScriptRuns(connections.commands);
    this.#names = names;
    this.#member = member;
    this.#record = encodeMember(member);
  }

  async publish(payload: string): Promise<string> {
    const { log, channel } = this.#names;
    const args = [channel, payload, this.#member.logLength];
    return String(await this.#inOrder(() => this.#scripts.run(publishScript, [log], args)));
  }

  async publishToMembers(payload: string): Promise<MembersReply> {
    const { log, members, channel } = this.#names;
    const args = [channel, payload, this.#member.logLength];
    const subscribed = this.#subscribeToAcks();
    const reply = await this.#inOrder(async () => {
      try {
        await this.#answer(subscribed);
      } catch (error) {
        // As when Redis is out of memory: the connected instances drop now, and the payload enters the log later.
        if (error instanceof BridgeRefusal) await this.#answer(this.#connections.commands.publish(channel, payload));
        throw error;
      }
      return this.#scripts.run(publishToMembersScript, [log, members], args);
    });
    // Asked after the log has accepted it: a server that was replaced before may have delivered it to nobody.
    await this.#connections.untilConfirmed?.();
    return readMembers(reply);
  }

  /**
   * Only an instance that waits for acknowledgements subscribes to them, from its first wait on: with N instances subscribed, each
   * acknowledgement would cost N messages. What is published meanwhile waits as well ({@link #inOrder}).
   */
  async #subscribeToAcks(): Promise<void> {
    if (this.#acksSubscribed) return this.#acksSubscribed;
    const waiting: (() => void)[] = [];
    this.#waitingForAcks = waiting;
    this.#acksSubscribed = this.#connections.subscriber.subscribe(this.#names.acks).then(
      () => {},
      (error: unknown) => {
        // The next wait tries again: the permissions may have been changed.
        this.#acksSubscribed = undefined;
        throw error;
      },
    );
    const proceed = (): void => {
      this.#waitingForAcks = undefined;
      for (const send of waiting) send();
    };
    this.#acksSubscribed.then(proceed, proceed);
    return this.#acksSubscribed;
  }

  /** Sends in the order of the calls: a later message must not stand in the log before a part of an earlier eviction. */
  #inOrder(send: () => Promise<unknown>): Promise<unknown> {
    const waiting = this.#waitingForAcks;
    if (!waiting) return send();
    return new Promise((resolve) => waiting.push(() => resolve(send())));
  }

  async acknowledge(token: string): Promise<void> {
    const { acks } = this.#names;
    await this.#answer(this.#connections.commands.publish(acks, `${token} ${this.#member.instanceId}`));
  }

  async replicated(count: number, timeout: number): Promise<number> {
    const { waiter } = this.#connections;
    if (!waiter) throw new Error('this link was dialled without minReplicas');
    // WAIT counts the replicas that have the last write of its own connection. So PEXPIRE comes first: it is later in the replication stream
    // than everything that was published before. The timeout is in whole ms and never 0: to Redis that means for ever, and the connection
    // would stay blocked.
    const answers = await waiter
      .pipeline()
      .pexpire(this.#names.log, KEPT_FOR)
      .wait(count, Math.max(1, Math.ceil(timeout)))
      .exec();
    for (const [error] of answers ?? []) if (error) throw toLinkError(error);
    return Number(answers?.at(-1)?.[1]);
  }

  async sync({ position, epoch, noOp, remembered, wantsMembers }: SyncRequest): Promise<SyncReply> {
    const { logLength } = this.#member;
    const answer = this.#scripts.run(
      syncScript,
      [this.#names.log, this.#names.members],
      [
        this.#record,
        position?.id ?? '',
        position?.hash ?? '',
        epoch === this.#unknownEpoch ? '' : (epoch ?? 'none'),
        noOp,
        logLength,
        MOST_ENTRIES,
        MOST_BYTES,
        KEPT_FOR,
        staysListed(this.#member),
        wantsMembers ? 1 : 0,
        ...settingsArguments([this.#member, ...remembered]),
      ],
    );
    this.#connections.lookAtName?.();
    // Asked after the request was sent: a server that was replaced before must not vouch for copies.
    const [reply] = await Promise.all([answer, this.#connections.untilConfirmed?.()]);
    return this.#readSync(reply);
  }

  async leave(): Promise<void> {
    await this.#answer(this.#connections.commands.zrem(this.#names.members, this.#record));
  }

  /** Passes a message of one of the channels to the listener. */
  receive(channel: string, text: string, listener: LinkListener): void {
    if (this.#isClosed) return;
    if (channel === this.#names.channel) listener.heard(readDoorbell(text));
    if (channel !== this.#names.acks) return;
    const space = text.indexOf(' ');
    listener.acknowledged(text.slice(0, space), text.slice(space + 1));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(reason?: 'silent-channel'): void {
    this.#isClosed = true;
    if (reason === 'silent-channel') this.#connections.channelWasSilent?.();
    disconnect(this.#connections.commands);
    disconnect(this.#connections.subscriber);
    if (this.#connections.waiter) disconnect(this.#connections.waiter);
  }

  #readSync(reply: unknown): SyncReply {
    if (!Array.isArray(reply) || reply.length < 8) throw new Error('the reply of Redis to a sync cannot be read');
    const [epoch, serverTime, id, hash, continuous, complete] = reply.map(String);
    const [settings, members, ...rest]: readonly unknown[] = reply.slice(6);
    const entries: LogEntry[] = [];
    for (let i = 0; i + 1 < rest.length; i += 2) {
      const entryId = String(rest[i]);
      entries.push({
        id: entryId,
        payload: String(rest[i + 1]),
        age: Number(serverTime) - serverMilliseconds(entryId),
      });
    }
    return {
      epoch: epoch === '' ? this.#unknownEpoch : epoch,
      newest: { id: id ?? '', hash: hash ?? '' },
      continuous: continuous === '1',
      complete: complete === '1',
      entries,
      settings: listedSettings(settings),
      members: listedMembers(members),
    };
  }

  async #answer(reply: Promise<unknown>): Promise<unknown> {
    try {
      return await reply;
    } catch (error) {
      throw toLinkError(error);
    }
  }
}

function readMembers(reply: unknown): MembersReply {
  if (!Array.isArray(reply) || reply.length < 4) throw new Error('the reply of Redis to a publish cannot be read');
  const [id, listAge, settings, members]: readonly unknown[] = reply;
  return {
    id: String(id),
    listAge: Number(listAge),
    settings: listedSettings(settings),
    members: listedMembers(members),
  };
}
