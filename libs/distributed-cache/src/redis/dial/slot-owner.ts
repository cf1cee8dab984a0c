import type { NatMap, Redis } from 'ioredis';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { describeEndpoint, movedTo, type Endpoint } from '../endpoint.js';
import type { LinkConnections } from './link-connections.js';
import { KEPT_FOR } from '../link/redis-names.js';
import { disconnect } from './sockets.js';

const MOST_HOPS = 5;

/** The server that a link speaks to. @internal */
export interface SlotOwner {
  readonly connection: Redis;
  readonly endpoint: Endpoint;
  /** Further nodes of its cluster that are known. */
  readonly others: readonly Endpoint[];
}

/**
 * Connects to the server that holds `key`: the first of `seeds` that can be reached, or the node of its cluster to which that sends us.
 *
 * Not through the `Cluster` of ioredis: that changes the server and subscribes again without a word, and Coherence has to know of either.
 *
 * @internal
 */
export async function connectToOwner(
  connecting: LinkConnections,
  seeds: readonly Endpoint[],
  key: string,
  natMap: NatMap | undefined,
): Promise<SlotOwner> {
  const failures: Error[] = [];
  for (const seed of seeds) {
    const visited: Endpoint[] = [seed];
    try {
      const connection = await followMoved(connecting, visited, key, natMap);
      const endpoint = visited.at(-1) ?? seed;
      return { connection, endpoint, others: othersThan(endpoint, [...seeds, ...visited]) };
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      failures.push(seeds.length + visited.length > 2 ? toldOf(visited, failure) : failure);
      if (connecting.isGivenUp) break;
    }
  }
  throw worstOf(failures);
}

/** @param visited - the nodes asked so far; those to which they send us are added */
async function followMoved(
  connecting: LinkConnections,
  visited: Endpoint[],
  key: string,
  natMap: NatMap | undefined,
): Promise<Redis> {
  for (const endpoint of visited) {
    const connection = await connecting.connect(endpoint);
    const refusal = await refusalOf(connecting, connection, key);
    if (!refusal) return connection;
    disconnect(connection);
    const next = movedTo(refusal.message, endpoint, natMap);
    if (!next) throw refusal;
    if (visited.length > MOST_HOPS) break;
    visited.push(next);
  }
  throw new Error('the nodes of the cluster send us to each other in a circle; it may be changing');
}

/**
 * Asks for a write that any server may be asked for: it keeps a log for as long as every sync does, and the permissions allow it.
 * `undefined` when this is the server to talk to.
 */
async function refusalOf(connecting: LinkConnections, connection: Redis, key: string): Promise<Error | undefined> {
  try {
    await connecting.step(connection, connection.pexpire(key, KEPT_FOR));
    return undefined;
  } catch (error) {
    if (!(error instanceof BridgeRefusal)) throw error;
    // The slot is on its way to another node, which takes nothing before all of it has arrived; then this one will say MOVED.
    return /^(?:ASK|TRYAGAIN) /.test(error.message) ? undefined : error;
  }
}

function othersThan(endpoint: Endpoint, known: readonly Endpoint[]): Endpoint[] {
  const others = new Map(known.map((each) => [describeEndpoint(each), each]));
  others.delete(describeEndpoint(endpoint));
  return [...others.values()];
}

function toldOf(visited: readonly Endpoint[], failure: Error): Error {
  const message = `${visited.map(describeEndpoint).join(' → ')}: ${failure.message}`;
  return failure instanceof BridgeRefusal ? new BridgeRefusal(failure.remedy, message) : new Error(message);
}

/** What somebody has to mend comes first: a wrong password is wrong everywhere. */
function worstOf(failures: readonly Error[]): Error {
  const refusals = failures.filter((failure) => failure instanceof BridgeRefusal);
  const worst = refusals.find(({ remedy }) => remedy === 'report') ?? refusals[0];
  if (worst) return worst;
  if (failures.length === 1 && failures[0]) return failures[0];
  return new Error(failures.map(({ message }) => message).join('; '));
}
