import type { Redis, Cluster } from 'ioredis';
import type {
  BridgeMember,
  InvalidationBridge,
  InvalidationLink,
  LinkListener,
} from '../protocol/invalidation-bridge.js';
import {
  clientsFromClient,
  clientsFromConnectionString,
  clientsFromOptions,
  isRedisClient,
  type RedisClients,
} from './dial/clients.js';
import { PacedReading } from './link/paced-reading.js';
import { LinkConnections } from './dial/link-connections.js';
import type { RedisClientOptions } from './dial/credentials.js';
import { withinTime } from './dial/redis-dialling.js';
import { RedisLink } from './link/redis-link.js';
import { redisNames } from './link/redis-names.js';
import { ServerChoice } from './dial/server-choice.js';
import { isAfter } from './link/stream-id.js';

/** How a bridge reaches Redis. @publicApi */
export interface RedisInvalidationBridgeOptions {
  /** A URL or a StackExchange.Redis string. */
  readonly connectionString?: string | undefined;
  /** A client, which is never used and never closed; or ioredis options, merged over the connection string. */
  readonly redis?: Redis | Cluster | RedisClientOptions | undefined;
}

/**
 * Carries invalidations over Redis: a stream is the log, a channel the doorbell. Two connections of its own per link, and a third
 * where evictions wait for replicas.
 *
 * @publicApi
 */
export class RedisInvalidationBridge implements InvalidationBridge {
  readonly name = 'Redis';
  readonly #clients: RedisClients;
  readonly #choice: ServerChoice;

  /** @throws {InvalidConnectionStringError} @throws {InvalidOptionsError} */
  constructor(options: RedisInvalidationBridgeOptions) {
    this.#clients = clientsOf(options);
    this.#choice = new ServerChoice(this.#clients);
  }

  get target(): string {
    return this.#clients.target;
  }

  isAfter(id: string, other: string): boolean {
    return isAfter(id, other);
  }

  async dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink> {
    const { prefix, connectTimeout } = this.#clients;
    const names = redisNames(prefix, member.namespace);
    const make = await withinTime(this.#clients.prepare(), connectTimeout, signal);
    const connecting = new LinkConnections(make, connectTimeout, signal);
    try {
      const { endpoint, commands, subscriber, channelWasSilent } = await this.#choice.connect(
        connecting,
        names.log,
        signal,
      );
      // WAIT holds up whatever else is asked on its connection.
      const waiter = member.minReplicas > 0 ? await connecting.connect(endpoint) : undefined;
      const link = new RedisLink({ commands, subscriber, waiter, channelWasSilent }, names, member);
      // Attached before SUBSCRIBE: the first message may come together with its acknowledgement.
      const reading = new PacedReading(subscriber);
      subscriber.on('message', (channel, text) => {
        link.heard(channel, text, listener);
        reading.read(text.length);
      });
      // Resolves with the server's acknowledgement; `ready` alone would only say that the command was sent.
      await connecting.step(subscriber, subscriber.subscribe(names.channel));
      const connections = waiter ? [commands, subscriber, waiter] : [commands, subscriber];
      // Lost while the others were dialled, before anybody listened for that.
      const lost = connections.find(({ status }) => status !== 'ready');
      if (lost) throw connecting.failureOf(lost) ?? new Error('Redis closed the connection');
      breakTogether(link, listener, connecting, connections);
      return link;
    } catch (error) {
      connecting.closeAll();
      throw error;
    }
  }
}

function clientsOf({ connectionString, redis }: RedisInvalidationBridgeOptions): RedisClients {
  if (redis && isRedisClient(redis)) return clientsFromClient(redis);
  return connectionString ? clientsFromConnectionString(connectionString, redis) : clientsFromOptions(redis ?? {});
}

/** A link is gone when one of its connections is. */
function breakTogether(
  link: RedisLink,
  listener: LinkListener,
  connecting: LinkConnections,
  connections: readonly Redis[],
): void {
  const broken = (cause: Error): void => {
    connecting.closeAll();
    if (link.isClosed) return;
    link.close();
    listener.broken(cause);
  };
  const closed = (): void => {
    const causes = connections.flatMap((connection) => connecting.failureOf(connection) ?? []);
    broken(causes[0] ?? new Error('Redis closed the connection'));
  };
  connecting.whenGivenUp(broken);
  for (const connection of connections) connection.on('close', closed);
}
