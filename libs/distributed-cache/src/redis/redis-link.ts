import type { Redis } from 'ioredis';
import type {
  BridgeMember,
  InvalidationLink,
  LogEntry,
  SyncReply,
  SyncRequest,
} from '../coherence/invalidation-bridge.js';
import { publishScript } from './publish-script.js';
import type { RedisNames } from './redis-names.js';
import { toLinkError } from './redis-refusal.js';
import { disconnect } from './redis-sockets.js';
import { syncScript } from './sync-script.js';

const MOST_ENTRIES = 500;
const MOST_BYTES = 256 * 1024;
const DAY = 86_400_000;
const MEMBER_IS_GONE = 600_000;

/** @internal */
export interface RedisConnections {
  readonly commands: Redis;
  readonly subscriber: Redis;
}

/** The commands of one link. @internal */
export class RedisLink implements InvalidationLink {
  readonly #connections: RedisConnections;
  readonly #names: RedisNames;
  readonly #member: BridgeMember;
  /** Stands for the server where it will not say which run it is: good for this link only. */
  readonly #unknownEpoch = `unknown:${Math.random()}`;
  #isClosed = false;

  constructor(connections: RedisConnections, names: RedisNames, member: BridgeMember) {
    this.#connections = connections;
    this.#names = names;
    this.#member = member;
  }

  async publish(payload: string): Promise<string> {
    const { log, channel } = this.#names;
    const id = await this.#answer(
      publishScript.runAnsweredLast(this.#connections.commands, [log], [channel, payload, this.#member.logLength]),
    );
    return String(id);
  }

  async sync({ position, epoch, noOp }: SyncRequest): Promise<SyncReply> {
    const { instanceId, logLength } = this.#member;
    const reply = await this.#answer(
      syncScript.run(
        this.#connections.commands,
        [this.#names.log, this.#names.members],
        [
          instanceId,
          position?.id ?? '',
          position?.hash ?? '',
          epoch === this.#unknownEpoch ? '' : (epoch ?? 'none'),
          noOp,
          logLength,
          MOST_ENTRIES,
          MOST_BYTES,
          DAY,
          MEMBER_IS_GONE,
        ],
      ),
    );
    return this.#read(reply);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
    disconnect(this.#connections.commands);
    disconnect(this.#connections.subscriber);
  }

  #read(reply: unknown): SyncReply {
    if (!Array.isArray(reply) || reply.length < 6) throw new Error('Redis answered a sync with something else');
    const [epoch, serverTime, id, hash, continuous, complete, ...rest] = reply.map(String);
    const entries: LogEntry[] = [];
    for (let i = 0; i + 1 < rest.length; i += 2) entries.push({ id: rest[i] ?? '', payload: rest[i + 1] ?? '' });
    return {
      epoch: epoch === '' ? this.#unknownEpoch : epoch,
      newest: { id: id ?? '', hash: hash ?? '' },
      continuous: continuous === '1',
      complete: complete === '1',
      entries,
      serverTime: Number(serverTime),
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
