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
import { decodeMember, encodeMember, MEMBER_IS_GONE, type ListedMember } from '../../protocol/member.js';
import { publishScript, publishToMembersScript } from './publish-script.js';
import { readDoorbell } from './doorbell-text.js';
import { KEPT_FOR, type RedisNames } from './redis-names.js';
import { toLinkError } from '../dial/redis-errors.js';
import { disconnect } from '../dial/sockets.js';
import { serverMilliseconds } from './stream-id.js';
import { syncScript } from './sync-script.js';

const MOST_ENTRIES = 500;
const MOST_BYTES = 256 * 1024;

/** @internal */
export interface RedisConnections {
  readonly commands: Redis;
  readonly subscriber: Redis;
  /** To the server of `commands`, given when replicas are to be waited for: `WAIT` blocks its connection, so it has one of its own. */
  readonly waiter?: Redis | undefined;
  /** To be called when the link is given up because its channel did not bring what the log holds. */
  readonly channelWasSilent?: (() => void) | undefined;
}

/** The commands of one link. @internal */
export class RedisLink implements InvalidationLink {
  readonly #connections: RedisConnections;
  readonly #names: RedisNames;
  readonly #member: BridgeMember;
  readonly #record: string;
  #acksSubscribed: Promise<unknown> | undefined;
  /** Stands for the server where it will not say which run it is: good for this link only. */
  readonly #unknownEpoch = `unknown:${Math.random()}`;
  #isClosed = false;

  constructor(connections: RedisConnections, names: RedisNames, member: BridgeMember) {
    this.#connections = connections;
    this.#names = names;
    this.#member = member;
    this.#record = encodeMember(member);
  }

  async publish(payload: string): Promise<string> {
    const { log, channel } = this.#names;
    const id = await this.#answer(
      publishScript.run(this.#connections.commands, [log], [channel, payload, this.#member.logLength]),
    );
    return String(id);
  }

  async publishToMembers(payload: string): Promise<MembersReply> {
    const { log, members, channel } = this.#names;
    try {
      await this.#answer(this.#listenToAcks());
    } catch (error) {
      // As when memory is out: the others drop it now, and the log is told later.
      if (error instanceof BridgeRefusal) await this.#answer(this.#connections.commands.publish(channel, payload));
      throw error;
    }
    const reply = await this.#answer(
      publishToMembersScript.run(
        this.#connections.commands,
        [log, members],
        [channel, payload, this.#member.logLength, MEMBER_IS_GONE],
      ),
    );
    return readMembers(reply);
  }

  /** Only those who wait for acknowledgements hear them, from their first wait on: all that all say would be too much for many instances. */
  async #listenToAcks(): Promise<void> {
    this.#acksSubscribed ??= this.#connections.subscriber.subscribe(this.#names.acks);
    try {
      await this.#acksSubscribed;
    } catch (error) {
      // It may be allowed later.
      this.#acksSubscribed = undefined;
      throw error;
    }
  }

  async acknowledge(token: string): Promise<void> {
    const { acks } = this.#names;
    await this.#answer(this.#connections.commands.publish(acks, `${token} ${this.#member.instanceId}`));
  }

  async replicated(count: number, timeout: number): Promise<number> {
    const { waiter } = this.#connections;
    if (!waiter) throw new Error('this link was dialled without minReplicas');
    // WAIT is about the writes of its own connection: this one comes after all that was published, and so do the replicas that have it.
    // In whole ms, and never 0, which to Redis means for ever: nothing could be asked on that connection any more.
    const answers = await waiter
      .pipeline()
      .pexpire(this.#names.log, KEPT_FOR)
      .wait(count, Math.max(1, Math.ceil(timeout)))
      .exec();
    for (const [error] of answers ?? []) if (error) throw toLinkError(error);
    return Number(answers?.at(-1)?.[1]);
  }

  async sync({ position, epoch, noOp }: SyncRequest): Promise<SyncReply> {
    const { logLength } = this.#member;
    const reply = await this.#answer(
      syncScript.run(
        this.#connections.commands,
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
          MEMBER_IS_GONE,
        ],
      ),
    );
    return this.#read(reply);
  }

  async leave(): Promise<void> {
    await this.#answer(this.#connections.commands.zrem(this.#names.members, this.#record));
  }

  /** What came through one of the channels. */
  heard(channel: string, text: string, listener: LinkListener): void {
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

  #read(reply: unknown): SyncReply {
    if (!Array.isArray(reply) || reply.length < 6) throw new Error('Redis answered a sync with something else');
    const [epoch, serverTime, id, hash, continuous, complete, ...rest] = reply.map(String);
    const entries: LogEntry[] = [];
    for (let i = 0; i + 1 < rest.length; i += 2) {
      const entryId = rest[i] ?? '';
      entries.push({
        id: entryId,
        payload: rest[i + 1] ?? '',
        age: Number(serverTime) - serverMilliseconds(entryId),
      });
    }
    return {
      epoch: epoch === '' ? this.#unknownEpoch : epoch,
      newest: { id: id ?? '', hash: hash ?? '' },
      continuous: continuous === '1',
      complete: complete === '1',
      entries,
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
  if (!Array.isArray(reply) || reply.length < 2) throw new Error('Redis answered a publish with something else');
  const [id = '', listAge, ...rest] = reply.map(String);
  const members: ListedMember[] = [];
  for (let i = 0; i + 1 < rest.length; i += 2) {
    members.push({ member: decodeMember(rest[i] ?? ''), syncAge: Number(rest[i + 1]) });
  }
  return { id, members, listAge: Number(listAge) };
}
