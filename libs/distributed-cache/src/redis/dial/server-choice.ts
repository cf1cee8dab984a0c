import type { Redis } from 'ioredis';
import { errorFrom } from '../../common/error-from.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { describeEndpoint, distinct, rotated, type Endpoint } from '../endpoint.js';
import type { RedisClients } from './clients.js';
import type { LinkConnections } from './link-connections.js';
import { Sentinels } from './sentinels.js';
import { connectToOwner } from './slot-owner.js';
import { ClusterNodes } from './topology/cluster-nodes.js';
import { HostAddresses } from './topology/host-addresses.js';
import { MovedNames } from './topology/moved-names.js';

/** The server of one link, and the connections to it. @internal */
export interface ChosenServer {
  readonly endpoint: Endpoint;
  readonly commands: Redis;
  /** A connection to the same server, or to another node of its cluster after the channel of this one was silent. */
  readonly subscriber: Redis;
  /**
   * Asks the sentinels now, and rejects when they name another primary than this server; the link is given up then. `undefined` when
   * nobody could be asked.
   */
  readonly untilConfirmed?: ((this: void) => Promise<void>) | undefined;
  /**
   * Looks whether the name that led to this server leads elsewhere now; the link is given up then. Nobody waits for it. `undefined` when
   * it was not reached by a name.
   */
  readonly lookAtName?: ((this: void) => void) | undefined;
  /** To be called when the link ends because its channel did not deliver what the log holds. */
  channelWasSilent(this: void): void;
}

/** Finds the server that holds the keys of a namespace, anew for each dial. @internal */
export class ServerChoice {
  readonly #clients: RedisClients;
  readonly #silentNodes = new SilentNodes();
  readonly #clusterNodes: ClusterNodes;
  readonly #addresses: HostAddresses;
  readonly #movedNames: MovedNames;
  /** Counts the dials. It begins at random, so that not all instances begin with the same seed; no seed is the first one twice in a row. */
  #turn = Math.floor(Math.random() * 1_000);

  constructor(clients: RedisClients) {
    this.#clients = clients;
    this.#clusterNodes = new ClusterNodes(clients.natMap);
    this.#addresses = new HostAddresses(clients.lookup);
    this.#movedNames = new MovedNames(clients, this.#addresses);
  }

  /** @param key - the key that the server has to hold */
  async connect(connections: LinkConnections, key: string, signal: AbortSignal): Promise<ChosenServer> {
    const { sentinels: service, connectTimeout } = this.#clients;
    if (!service) return this.#connectToNode(connections, key);

    const sentinels = new Sentinels(service, connectTimeout, this.#addresses);
    connections.alsoClose(sentinels);
    const primary = await sentinels.findPrimary(signal);
    const server = await this.#connectThrough([primary], connections, key).catch((error: unknown) => {
      throw error instanceof BridgeRefusal ? error : notReached(primary, service.name, errorFrom(error));
    });
    const replaced = (by: string): Error => {
      const cause = new Error(`the sentinels name another primary now: ${by}`);
      connections.giveUp(cause);
      return cause;
    };
    sentinels.watch(primary, replaced);
    const untilConfirmed = async (): Promise<void> => {
      const by = await sentinels.replacementOf(primary);
      if (by !== undefined) throw replaced(by);
    };
    return { ...server, untilConfirmed };
  }

  /** To a single server, or to a node of a cluster: which of the two it is shows only when it answers. */
  async #connectToNode(connections: LinkConnections, key: string): Promise<ChosenServer> {
    const turn = this.#turn++;
    const seeds = distinct([...rotated(this.#clients.seeds(), turn), ...this.#clusterNodes.toTry(turn)]);
    const server = await this.#connectThrough(seeds, connections, key);
    connections.alsoClose(this.#clusterNodes.learnFrom(server.commands, server.endpoint));
    return server;
  }

  async #connectThrough(seeds: readonly Endpoint[], connections: LinkConnections, key: string): Promise<ChosenServer> {
    const owner = await connectToOwner(connections, seeds, key, this.#clients.natMap);
    const { connection, endpoint, others } = owner;
    const lookAtName = this.#movedNames.watch(connections, owner, key);
    const subscribeAt = this.#silentNodes.preferOther(endpoint, others);
    const channelWasSilent = (): void => this.#silentNodes.note(subscribeAt);
    try {
      const subscriber = await connections.connect(subscribeAt);
      return { endpoint, commands: connection, subscriber, lookAtName, channelWasSilent };
    } catch (error) {
      // The other node was only a guess. Without this, the next dial would choose it again and fail again.
      if (subscribeAt !== endpoint) channelWasSilent();
      throw error;
    }
  }
}

/** The address is the sentinels', so neither host nor port of the connection string can be wrong. */
function notReached(primary: Endpoint, service: string, { message }: Error): Error {
  return new Error(
    `the sentinels name ${describeEndpoint(primary)} as the primary of '${service}', and it cannot be connected to from here: ${message}. ` +
      'If that is not its address for this machine, set replica-announce-ip on the servers, or map it by redis: { natMap }',
  );
}

/**
 * The nodes of a cluster whose channel did not deliver what was published. Every node delivers every message, so the next link can
 * subscribe at another one.
 *
 * @internal
 */
export class SilentNodes {
  readonly #silent = new Set<string>();

  /** Notes that the channel of this node delivered less than the log holds, or that the node could not be connected to. */
  note(endpoint: Endpoint): void {
    this.#silent.add(describeEndpoint(endpoint));
  }

  /**
   * The node to subscribe at: `endpoint`, which the commands go to, unless it was silent and another node was not.
   *
   * @param others - further nodes of the cluster
   */
  preferOther(endpoint: Endpoint, others: readonly Endpoint[]): Endpoint {
    const other = [endpoint, ...others].find((each) => !this.#silent.has(describeEndpoint(each)));
    if (other) return other;
    // All nodes were silent, so the reason is not in a node.
    this.#silent.clear();
    return endpoint;
  }
}
