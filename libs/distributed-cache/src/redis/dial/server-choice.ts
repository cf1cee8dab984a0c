import type { Redis } from 'ioredis';
import { describeEndpoint, type Endpoint } from '../endpoint.js';
import type { RedisClients } from './clients.js';
import type { LinkConnections } from './link-connections.js';
import { Sentinels } from './sentinels.js';
import { connectToOwner } from './slot-owner.js';

/** The server of one link, and the connections to it. @internal */
export interface ChosenServer {
  readonly endpoint: Endpoint;
  readonly commands: Redis;
  /** To the same server, or to another node of its cluster after that one's channel was silent. */
  readonly subscriber: Redis;
  /** To be called when the link is given up because its channel did not bring what the log holds. */
  channelWasSilent(this: void): void;
}

/** Finds, for each dialling anew, the server that holds the keys of a namespace. @internal */
export class ServerChoice {
  readonly #clients: RedisClients;
  readonly #silentNodes = new SilentNodes();
  /** Instances do not all begin with the same node, and none begins twice with one that is out of reach. */
  #turn = Math.floor(Math.random() * 1_000);

  constructor(clients: RedisClients) {
    this.#clients = clients;
  }

  async connect(connecting: LinkConnections, key: string, signal: AbortSignal): Promise<ChosenServer> {
    const { sentinels: service, connectTimeout } = this.#clients;
    if (!service) return this.#connectThrough(rotated(this.#clients.seeds(), this.#turn++), connecting, key);

    const sentinels = new Sentinels(service, connectTimeout);
    connecting.closeToo(sentinels);
    const primary = await sentinels.findPrimary(signal);
    const server = await this.#connectThrough([primary.endpoint], connecting, key);
    sentinels.watch(primary, (by) => connecting.giveUp(new Error(`the sentinels name another primary now: ${by}`)));
    return server;
  }

  async #connectThrough(seeds: readonly Endpoint[], connecting: LinkConnections, key: string): Promise<ChosenServer> {
    const { connection, endpoint, others } = await connectToOwner(connecting, seeds, key, this.#clients.natMap);
    const listenAt = this.#silentNodes.preferOther(endpoint, others);
    const channelWasSilent = (): void => this.#silentNodes.note(listenAt);
    try {
      return { endpoint, commands: connection, subscriber: await connecting.connect(listenAt), channelWasSilent };
    } catch (error) {
      // Another node was a guess; the next dialling must not fail because of it again.
      if (listenAt !== endpoint) channelWasSilent();
      throw error;
    }
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % Math.max(list.length, 1);
  return [...list.slice(start), ...list.slice(0, start)];
}

/** Which nodes of a cluster did not bring what was published: the next link listens at another one. @internal */
export class SilentNodes {
  readonly #silent = new Set<string>();

  /** The channel of a link that listened there brought less than the log holds, or it could not be listened to at all. */
  note(endpoint: Endpoint): void {
    this.#silent.add(describeEndpoint(endpoint));
  }

  /** Where to listen: with the commands, unless that was silent and another node was not. */
  preferOther(endpoint: Endpoint, others: readonly Endpoint[]): Endpoint {
    const other = [endpoint, ...others].find((each) => !this.#silent.has(describeEndpoint(each)));
    if (other) return other;
    // All of them: then it is not the node.
    this.#silent.clear();
    return endpoint;
  }
}
