import type { NatMap, Redis } from 'ioredis';
import { systemClock, type CancelTimer } from '../../../common/clock.js';
import { distinct, namedBy, rotated, type Endpoint } from '../../endpoint.js';

/** How often the nodes are asked for while a link is open, in ms. */
const ASK_INTERVAL = 60_000;

/** The most nodes that are remembered; a Redis Cluster has seldom more. */
const MOST_REMEMBERED = 1_000;

/** The most of them that one dial tries. Each may take a whole timeout, and the next dial begins with another one. */
const MOST_TRIED = 16;

/**
 * The nodes of the cluster, as the server of the last link named them. A dial tries them after those that the application named: these may
 * all have been taken out of the cluster since.
 *
 * The server is asked with `CLUSTER SLOTS`, and may refuse it. Nothing but a further way into the cluster is lost then.
 *
 * @internal
 */
export class ClusterNodes {
  readonly #natMap: NatMap | undefined;
  #known: readonly Endpoint[] = [];

  constructor(natMap: NatMap | undefined) {
    this.#natMap = natMap;
  }

  /** The nodes to try. @param turn - counts the dials, so that no node is the first one twice in a row */
  toTry(turn: number): readonly Endpoint[] {
    return rotated(this.#known, turn).slice(0, MOST_TRIED);
  }

  /** Asks `server` for the nodes, now and every minute, until the result is closed or the server refuses. */
  learnFrom(server: Redis, endpoint: Endpoint): { close(): void } {
    let cancel: CancelTimer = () => {};
    const ask = async (): Promise<void> => {
      try {
        const nodes = nodesIn(await server.call('CLUSTER', 'SLOTS'), endpoint, this.#natMap);
        this.#known = nodes.slice(0, MOST_REMEMBERED);
        if (server.status === 'ready') cancel = systemClock.schedule(() => void ask(), ASK_INTERVAL);
      } catch {
        // It is no node of a cluster, or the ACL forbids the command, or the link has ended.
      }
    };
    void ask();
    return { close: () => cancel() };
  }
}

/**
 * Reads the answer to `CLUSTER SLOTS`: for each range of slots its two ends, its primary and its replicas. A node is an address and a port,
 * and more that does not matter here. The primaries come first.
 *
 * @internal
 */
export function nodesIn(answer: unknown, source: Endpoint, natMap?: NatMap): readonly Endpoint[] {
  const ranges = Array.isArray(answer) ? answer.map((range) => (Array.isArray(range) ? range.slice(2) : [])) : [];
  const nodes = [...ranges.map(([primary]) => primary), ...ranges.flatMap(([, ...replicas]) => replicas)];
  return distinct(
    nodes.flatMap((node) => {
      if (!Array.isArray(node)) return [];
      const [host, port]: unknown[] = node;
      return namedBy(source, typeof host === 'string' ? host : '', Number(port), natMap) ?? [];
    }),
  );
}
