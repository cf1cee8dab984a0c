import type { Redis, Cluster } from 'ioredis';
import type {
  BridgeMember,
  InvalidationBridge,
  InvalidationLink,
  LinkListener,
} from '../coherence/invalidation-bridge.js';
import {
  clientsFromClient,
  clientsFromConnectionString,
  clientsFromOptions,
  isRedisClient,
  type RedisClientOptions,
  type RedisClients,
} from './redis-clients.js';
import { withinTime } from './redis-dialling.js';
import { RedisLink, type RedisConnections } from './redis-link.js';
import { redisNames } from './redis-names.js';
import { toLinkError } from './redis-refusal.js';
import { listenToEveryError } from './redis-sockets.js';

/** How a bridge reaches Redis. @publicApi */
export interface RedisInvalidationBridgeOptions {
  /** A URL or a StackExchange.Redis string. */
  readonly connectionString?: string | undefined;
  /** A client, which is duplicated and never closed; or ioredis options, merged over the connection string. */
  readonly redis?: Redis | Cluster | RedisClientOptions | undefined;
}

/**
 * Carries invalidations over Redis: a stream is the log, a channel the doorbell. Two connections of its own per link.
 *
 * @publicApi
 */
export class RedisInvalidationBridge implements InvalidationBridge {
  readonly #clients: RedisClients;

  /** @throws {InvalidConnectionStringError} @throws {InvalidOptionsError} */
  constructor(options: RedisInvalidationBridgeOptions) {
    this.#clients = clientsOf(options);
  }

  get target(): string {
    return this.#clients.target;
  }

  async dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink> {
    const { prefix, connectTimeout } = this.#clients;
    const names = redisNames(prefix, member.namespace);
    const connections = await withinTime(this.#clients.create(), connectTimeout, signal);
    const link = new RedisLink(connections, names, member);
    const both = [connections.commands, connections.subscriber];
    let lastError: Error | undefined;
    for (const connection of both) {
      connection.on('error', (error) => (lastError = toLinkError(error)));
      listenToEveryError(connection);
    }
    // Attached before SUBSCRIBE: the first message may come together with its acknowledgement.
    connections.subscriber.on('message', (channel, text) => link.heard(channel, text, listener));
    try {
      await withinTime(open(connections, names.channel), connectTimeout, signal);
      // ioredis goes on when SELECT was refused, in another database than the other instances.
      if (lastError) throw lastError;
    } catch (error) {
      link.close();
      throw lastError ?? toLinkError(error);
    }
    const closed = (): void => {
      if (link.isClosed) return;
      link.close();
      listener.broken(lastError ?? new Error('Redis closed the connection'));
    };
    for (const connection of both) connection.on('close', closed);
    return link;
  }
}

function clientsOf({ connectionString, redis }: RedisInvalidationBridgeOptions): RedisClients {
  if (redis && isRedisClient(redis)) return clientsFromClient(redis);
  return connectionString ? clientsFromConnectionString(connectionString, redis) : clientsFromOptions(redis ?? {});
}

async function open({ commands, subscriber }: RedisConnections, channel: string): Promise<void> {
  await Promise.all([commands.connect(), subscriber.connect()]);
  // Resolves with the server's acknowledgement; `ready` alone would only say that the command was sent.
  await subscriber.subscribe(channel);
}
