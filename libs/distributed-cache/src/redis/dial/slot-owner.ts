import type { NatMap, Redis } from 'ioredis';
import { errorFrom } from '../../common/error-from.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { describeEndpoint, distinct, movedTo, type Endpoint } from '../endpoint.js';
import type { LinkConnections } from './link-connections.js';
import { disconnect, peerAddressOf } from './sockets.js';

const MOST_REDIRECTIONS = 5;

/** The server that holds a key. @internal */
export interface SlotOwner {
  readonly connection: Redis;
  readonly endpoint: Endpoint;
  /** The other nodes of its cluster that are known so far. */
  readonly others: readonly Endpoint[];
  /** How it was reached: the seed that is the server, or that redirected to it. */
  readonly entry: {
    readonly endpoint: Endpoint;
    /** The address to which the connection there was made; `undefined` for a unix socket. */
    readonly address: string | undefined;
  };
}

/**
 * Connects to the server that holds `key`: to the first of `seeds` that can be reached, or to the node of its cluster that it redirects to.
 *
 * This does not use the `Cluster` client of ioredis. That client changes the server and resubscribes silently, and Coherence has to begin
 * with a sync after either.
 *
 * @throws {BridgeRefusal} when a server refused, and no seed led further
 * @throws {Error} with the reason of each seed, when none could be reached
 *
 * @internal
 */
export async function connectToOwner(
  connections: LinkConnections,
  seeds: readonly Endpoint[],
  key: string,
  natMap: NatMap | undefined,
): Promise<SlotOwner> {
  const failures: Error[] = [];
  for (const seed of seeds) {
    const visited: Endpoint[] = [seed];
    try {
      const { connection, firstAddress } = await followMoved(connections, visited, key, natMap);
      const endpoint = visited.at(-1) ?? seed;
      const entry = { endpoint: seed, address: firstAddress };
      return { connection, endpoint, others: othersThan(endpoint, [...seeds, ...visited]), entry };
    } catch (error) {
      const failure = errorFrom(error);
      const isOneServer = seeds.length === 1 && visited.length === 1;
      failures.push(isOneServer ? failure : withNodes(visited, failure));
      if (connections.isAborted) break;
    }
  }
  throw mostSevere(failures);
}

/** @param visited - the nodes tried so far; each node that one redirects to is added */
async function followMoved(
  connections: LinkConnections,
  visited: Endpoint[],
  key: string,
  natMap: NatMap | undefined,
): Promise<{ readonly connection: Redis; readonly firstAddress: string | undefined }> {
  let firstAddress: string | undefined;
  for (const endpoint of visited) {
    const connection = await connections.connect(endpoint);
    if (endpoint === visited[0]) firstAddress = peerAddressOf(connection);
    const refusal = await refusalOf(connections, connection, key);
    if (!refusal) return { connection, firstAddress };
    if (/^ERR unknown command/i.test(refusal.message)) await refuseSentinel(connections, connection, endpoint);
    disconnect(connection);
    const next = movedTo(refusal.message, endpoint, natMap);
    if (!next) throw refusal;
    if (visited.length > MOST_REDIRECTIONS) break;
    visited.push(next);
  }
  throw new Error('the nodes of the cluster redirect to each other in a circle; the cluster may be changing');
}

/**
 * Sends a write that does no harm: it takes the expiry of the log away, as every sync does, and needs no further permission. A server that
 * accepts it holds the key and takes writes; `undefined` then.
 */
async function refusalOf(connections: LinkConnections, connection: Redis, key: string): Promise<Error | undefined> {
  try {
    await connections.step(connection, connection.persist(key));
    return undefined;
  } catch (error) {
    if (!(error instanceof BridgeRefusal)) throw error;
    // The slot is moving to another node. That node takes no writes before the move is over; then this one answers MOVED.
    return /^(?:ASK|TRYAGAIN) /.test(error.message) ? undefined : error;
  }
}

/**
 * A sentinel speaks as Redis does, and knows few commands.
 *
 * @throws {BridgeRefusal} when the server is a sentinel
 */
async function refuseSentinel(connections: LinkConnections, connection: Redis, endpoint: Endpoint): Promise<void> {
  const [role, services] = await connections.step(connection, connection.role()).catch(() => []);
  if (role !== 'sentinel') return;
  disconnect(connection);
  const watched = Array.isArray(services) ? services.map(String) : [];
  throw new BridgeRefusal(
    'report',
    `a sentinel listens at ${describeEndpoint(endpoint)}, and no Redis; it watches ${watched.map((name) => `'${name}'`).join(', ') || 'nothing'} ` +
      '(write redis+sentinel://host:26379/NAME, or add serviceName=NAME)',
  );
}

function othersThan(endpoint: Endpoint, known: readonly Endpoint[]): Endpoint[] {
  return distinct(known).filter((each) => describeEndpoint(each) !== describeEndpoint(endpoint));
}

function withNodes(visited: readonly Endpoint[], failure: Error): Error {
  const message = `${visited.map(describeEndpoint).join(' → ')}: ${failure.message}`;
  return failure instanceof BridgeRefusal ? new BridgeRefusal(failure.remedy, message) : new Error(message);
}

/** A refusal that asks for a change of settings comes first: a wrong password, for example, is wrong on every node. */
function mostSevere(failures: readonly Error[]): Error {
  const refusals = failures.filter((failure) => failure instanceof BridgeRefusal);
  const worst = refusals.find(({ remedy }) => remedy === 'report') ?? refusals[0];
  if (worst) return worst;
  if (failures.length === 1 && failures[0]) return failures[0];
  return new Error(failures.map(({ message }) => message).join('; '));
}
