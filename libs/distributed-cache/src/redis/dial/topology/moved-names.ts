import type { Redis } from 'ioredis';
import { BridgeRefusal } from '../../../protocol/invalidation-bridge.js';
import type { RedisClients } from '../clients.js';
import { dialStep } from '../dial-step.js';
import { LinkConnections } from '../link-connections.js';
import { connectToOwner, type SlotOwner } from '../slot-owner.js';
import type { HostAddresses } from './host-addresses.js';
import { morePatience, namedConnection, NameWatch, type ServerFound } from './name-watch.js';

/** The least time between two questions about the name of a link, in ms, however short its heartbeat is. */
const BETWEEN_QUESTIONS = 1_000;

/**
 * Ends a link whose name leads to another server now. The name of a link is the one of the seed that led to its server: in a managed
 * cluster the nodes are addresses, and only the name says which cluster is meant.
 *
 * @internal
 */
export class MovedNames {
  readonly #clients: RedisClients;
  readonly #addresses: HostAddresses;
  /** Grows with each move, so that a name which is moved to and fro does not take the link with it every time, and not after a calm hour. */
  #patience: number | undefined;

  constructor(clients: RedisClients, addresses: HostAddresses) {
    this.#clients = clients;
    this.#addresses = addresses;
  }

  /**
   * Watches the name that led to `owner`, until the connections are closed.
   *
   * @param key - the key that the server has to hold
   * @returns what looks whether it still does; `undefined` when there is no name: an address or a unix socket cannot move
   */
  watch(connections: LinkConnections, owner: SlotOwner, key: string): (() => void) | undefined {
    const { endpoint, address } = owner.entry;
    const named = namedConnection(endpoint, owner.connection, address);
    if (!named) return undefined;
    const watch = new NameWatch(named, this.#addresses, {
      interval: BETWEEN_QUESTIONS,
      patience: this.#patience,
      find: (signal) => this.#find(connections, owner, key, signal),
      moved: (to) => {
        this.#patience = morePatience(watch.patience);
        connections.giveUp(
          new Error(`the name ${named.host} leads to another server now: to ${to}, no longer to ${named.address}`),
        );
      },
    });
    connections.alsoClose(watch);
    return () => watch.look();
  }

  /** Connects as another dial would, and compares the runs of the two servers. */
  async #find(linked: LinkConnections, owner: SlotOwner, key: string, signal: AbortSignal): Promise<ServerFound> {
    const { connectTimeout, natMap } = this.#clients;
    // With credentials of now: those of the link may have expired.
    const make = await dialStep(this.#clients.prepare(), connectTimeout, signal);
    const connections = new LinkConnections(make, connectTimeout, signal);
    try {
      // It takes writes there too, so a replica is no server to move to.
      const found = await connectToOwner(connections, [owner.entry.endpoint], key, natMap);
      const [here, there] = await Promise.all([runOf(linked, owner.connection), runOf(connections, found.connection)]);
      // Servers that do not say who they are count as different, as they do after a reconnect.
      return { address: found.entry.address, isSame: here !== undefined && here === there };
    } finally {
      connections.closeAll();
    }
  }
}

/** The id of the run of a server; `undefined` when the ACL forbids to ask. */
async function runOf(connections: LinkConnections, connection: Redis): Promise<string | undefined> {
  try {
    const server = await connections.step(connection, connection.info('server'));
    return /^run_id:(\w+)/m.exec(server)?.[1];
  } catch (error) {
    if (error instanceof BridgeRefusal && error.remedy === 'report') return undefined;
    throw error;
  }
}
