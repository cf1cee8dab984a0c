/*
 * The bridge over Redis
 *
 * # What is in Redis
 *
 * Each namespace has a stream (the log), a sorted set (the members) and two channels: the doorbell, which carries each log entry the moment
 * it is written, and the acknowledgements. All names hold `{namespace}`, so they are in one slot of a Redis Cluster and on one server.
 * docs/message-format.md describes them; link/redis-names.ts makes the names.
 *
 * # A dial
 *
 *   1. RedisClients    asks the application for credentials, if it gives any, and can then make connections.
 *   2. ServerChoice    finds the server: asks the sentinels, or tries the known endpoints and follows MOVED. Then it opens the connections.
 *   3. RedisLink       is made on these connections, and the subscriber is subscribed to the doorbell.
 *
 * The dial resolves when the server has acknowledged the subscription. Each step may take `connectTimeout`. If one fails, all connections
 * are closed and the dial rejects; Coherence dials again. The next dial begins anew; only ServerChoice remembers which endpoint was tried
 * first, which nodes a cluster has, and which of them had a silent channel. ioredis never reconnects or resubscribes by itself (`LINK_OPTIONS`), because a
 * link that was lost has to begin with a sync.
 *
 * # The connections of a link, and who owns what
 *
 *   RedisInvalidationBridge       one per cache
 *   ├─ RedisClients               how to make a connection; never holds one
 *   ├─ ServerChoice               which server, and which nodes of a cluster had a silent channel
 *   └─ for each dial
 *      ├─ LinkConnections         owns the connections, and closes them together
 *      │  ├─ commands             runs the scripts, on the server that holds the slot of the namespace
 *      │  ├─ subscriber           receives from the channels; in a cluster it may be on another node
 *      │  ├─ waiter               only with `minReplicas`: WAIT blocks its connection
 *      │  ├─ Sentinels            only with sentinels: asks whether they name another primary, with each sync and every second
 *      │  ├─ ClusterNodes          without sentinels: learns further ways into the cluster, for the next dial
 *      │  └─ NameWatch             if a name led to the server: looks with each sync whether it leads to another one now
 *      ├─ RedisLink               sends on the connections, and reads what the subscriber receives
 *      └─ PacedReading            pauses the subscriber, so that a burst does not hold the event loop up
 *
 * # The end of a link
 *
 * A link ends as a whole and is never used again. There are three ways:
 *
 *   - Coherence closes it: `RedisLink.close`. The listener is not called.
 *   - One of its connections is closed, by the server or the network. The others are closed as well, and the listener's `broken` is called
 *     once, with the first known cause.
 *   - The sentinels name another primary, or the name of the server leads to another one: `LinkConnections.giveUp`. The connections are
 *     closed and `broken` is called, although the old server may still answer.
 */
import { Redis, type Cluster } from 'ioredis';
import type {
  BridgeMember,
  InvalidationBridge,
  InvalidationLink,
  LinkListener,
} from '../protocol/invalidation-bridge.js';
import { aclRule } from './acl-rule.js';
import {
  clientsFromClient,
  clientsFromConnectionString,
  clientsFromOptions,
  type RedisClients,
} from './dial/clients.js';
import { isRedisClient, type RedisClientOptions } from './dial/credentials.js';
import { ignoreRejection } from '../common/ignore-rejection.js';
import { LinkConnections } from './dial/link-connections.js';
import { dialStep } from './dial/dial-step.js';
import { refuseStandIn, refuseStandInOfPackage } from './dial/stand-ins.js';
import { ServerChoice } from './dial/server-choice.js';
import type { ObservableBridge, ObservationListener } from '../protocol/observation.js';
import { PacedReading } from './link/paced-reading.js';
import { RedisLink } from './link/redis-link.js';
import { RedisObservation } from './link/redis-observation.js';
import { redisNames } from './link/redis-names.js';
import { isAfter } from './link/stream-id.js';

const CLOSED_AT_SUBSCRIBE =
  'that was its answer to SUBSCRIBE, which no proxy such as twemproxy passes; connect to Redis itself';

/** How a bridge reaches Redis. Give a connection string, `redis`, or ioredis options together with a connection string. @publicApi */
export interface RedisInvalidationBridgeOptions {
  /** A URL or a StackExchange.Redis string. Default: none. */
  readonly connectionString?: string | undefined;
  /**
   * A client of ioredis, or ioredis options. The bridge makes its connections with the options of the client, and neither uses nor closes
   * the client itself. Options are merged over the connection string. Default: none.
   */
  readonly redis?: Redis | Cluster | RedisClientOptions | undefined;
}

/**
 * Carries invalidations over Redis: a stream is the log, and a channel is the doorbell. A link has two connections of its own, and a third
 * when evictions wait for replicas.
 *
 * @publicApi
 */
export class RedisInvalidationBridge implements InvalidationBridge, ObservableBridge {
  readonly name = 'Redis';
  readonly #clients: RedisClients;
  readonly #choice: ServerChoice;

  /**
   * @throws {InvalidConnectionStringError} when the connection string cannot be read
   * @throws {InvalidOptionsError} when the connection string and the options do not go together, or `redis` is no client of ioredis
   */
  constructor(options: RedisInvalidationBridgeOptions) {
    this.#clients = clientsOf(options);
    this.#choice = new ServerChoice(this.#clients);
  }

  get target(): string {
    return this.#clients.target;
  }

  get keepAlive(): number | undefined {
    return this.#clients.keepAlive;
  }

  isAfter(id: string, other: string): boolean {
    return isAfter(id, other);
  }

  async dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink> {
    const { connectTimeout } = this.#clients;
    const make = await dialStep(this.#clients.prepare(), connectTimeout, signal);
    const { prefix, database } = this.#clients;
    const { namespace, minReplicas } = member;
    const connections = new LinkConnections(make, connectTimeout, signal, {
      aclRule: aclRule({ namespace, minReplicas, database, channelPrefix: prefix }),
      noticed: listener.noticed,
    });
    try {
      return await this.#open(connections, member, listener, signal);
    } catch (error) {
      connections.closeAll();
      throw error;
    }
  }

  async observe(namespace: string, listener: ObservationListener, signal: AbortSignal): Promise<RedisObservation> {
    const { connectTimeout, prefix, database } = this.#clients;
    const make = await dialStep(this.#clients.prepare(), connectTimeout, signal);
    const connections = new LinkConnections(make, connectTimeout, signal, {
      aclRule: aclRule({ namespace, database, channelPrefix: prefix }),
      noticed: undefined,
    });
    try {
      const names = redisNames(prefix, namespace);
      const { commands, subscriber } = await this.#choice.connect(connections, names.log, signal);
      const explain = (error: unknown): Error => connections.explainOpen(error);
      const observation = new RedisObservation({ commands, subscriber, names, listener, explain });
      subscriber.on('message', (channel, text) => observation.receive(channel, text));
      await connections.step(subscriber, subscriber.subscribe(names.channel), CLOSED_AT_SUBSCRIBE);
      whenLost(connections, [commands, subscriber], (cause) => {
        observation.close();
        listener.broken(cause);
      });
      return observation;
    } catch (error) {
      connections.closeAll();
      throw error;
    }
  }

  async #open(
    connections: LinkConnections,
    member: BridgeMember,
    listener: LinkListener,
    signal: AbortSignal,
  ): Promise<InvalidationLink> {
    const names = redisNames(this.#clients.prefix, member.namespace);
    const server = await this.#choice.connect(connections, names.log, signal);
    const { commands, subscriber, channelWasSilent, lookAtName, untilConfirmed } = server;
    const waiter = member.minReplicas > 0 ? await connections.connect(server.endpoint) : undefined;
    const told = { explain: (error: unknown) => connections.explainOpen(error), noticed: listener.noticed };
    const link = new RedisLink(
      { commands, subscriber, waiter, channelWasSilent, lookAtName, untilConfirmed },
      names,
      member,
      told,
    );
    // Before SUBSCRIBE: the first message may arrive together with the acknowledgement of the subscription.
    receive(subscriber, link, listener);
    // `ready` would only mean that ioredis has sent SUBSCRIBE; this waits for the server's acknowledgement.
    await connections.step(subscriber, subscriber.subscribe(names.channel), CLOSED_AT_SUBSCRIBE);
    // Not awaited: a user that may not listen to questions works all the same, and is shown without figures.
    if (listener.asked) void ignoreRejection(subscriber.subscribe(names.questions));
    endTogether(link, listener, connections, waiter ? [commands, subscriber, waiter] : [commands, subscriber]);
    return link;
  }
}

function clientsOf({ connectionString, redis }: RedisInvalidationBridgeOptions): RedisClients {
  if (redis) refuseStandIn(redis);
  // It is not connected, so there is nothing to close.
  refuseStandInOfPackage(new Redis({ lazyConnect: true }));
  if (redis && isRedisClient(redis)) return clientsFromClient(redis);
  return connectionString ? clientsFromConnectionString(connectionString, redis) : clientsFromOptions(redis ?? {});
}

function receive(subscriber: Redis, link: RedisLink, listener: LinkListener): void {
  const reading = new PacedReading(subscriber, (channel, text) => link.receive(channel, text, listener));
  subscriber.on('message', (channel, text) => reading.received(channel, text));
}

/**
 * From here on, the link ends when one of its connections does.
 *
 * @throws {Error} when a connection was lost while the others were opened
 */
function endTogether(
  link: RedisLink,
  listener: LinkListener,
  connections: LinkConnections,
  opened: readonly Redis[],
): void {
  whenLost(connections, opened, (cause) => {
    if (link.isClosed) return;
    link.close();
    listener.broken(cause);
  });
}

/**
 * Closes all connections when one of them is lost, and says so.
 *
 * @throws {Error} when one was lost while the others were opened
 */
function whenLost(connections: LinkConnections, opened: readonly Redis[], lost: (cause: Error) => void): void {
  const early = opened.find(({ status }) => status !== 'ready');
  if (early) throw connections.failureOf(early) ?? closedByRedis();

  const end = (cause: Error): void => {
    connections.closeAll();
    lost(cause);
  };
  connections.onGivenUp(end);
  for (const connection of opened) {
    connection.on('close', () => {
      const [cause] = opened.flatMap((each) => connections.failureOf(each) ?? []);
      end(cause ?? closedByRedis());
    });
  }
}

function closedByRedis(): Error {
  return new Error('Redis closed the connection');
}
