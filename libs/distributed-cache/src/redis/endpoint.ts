import { isIP, isIPv6 } from 'node:net';
import type { NatMap, RedisOptions } from 'ioredis';

const DEFAULT_HOST = 'localhost';

/** Where a server or a sentinel is, as the connection string names it. @publicApi */
export type RedisEndpoint = RedisNetworkEndpoint | RedisSocketEndpoint;

/** A server reached over TCP. @publicApi */
export interface RedisNetworkEndpoint {
  /** A host name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** A server on this machine, reached over a unix socket. @publicApi */
export interface RedisSocketEndpoint {
  /** The absolute path of the socket. */
  readonly path: string;
}

/** Where a connection leads: a {@link RedisEndpoint} with all that is needed to dial it. @internal */
export type Endpoint = TcpEndpoint | RedisSocketEndpoint;

/** @internal */
export interface TcpEndpoint extends RedisNetworkEndpoint {
  /**
   * The name that is asked for in a TLS handshake and expected in the certificate: the host, or, for an address that another node named,
   * the name of that node.
   */
  readonly tlsName: string;
}

/** @internal */
export function tcpEndpoint(host: string, port: number): TcpEndpoint {
  return { host, port, tlsName: host };
}

/** @internal */
export function toEndpoint(endpoint: RedisEndpoint): Endpoint {
  return 'path' in endpoint ? endpoint : tcpEndpoint(endpoint.host, endpoint.port);
}

/** Where ioredis would connect with these options, sentinels aside. @internal */
export function endpointIn({ path, host, port }: RedisOptions): Endpoint {
  return path ? { path } : tcpEndpoint(host ?? DEFAULT_HOST, port ?? 6_379);
}

/** The sentinels that the options name. @internal */
export function sentinelEndpointsIn({ sentinels }: RedisOptions): readonly TcpEndpoint[] {
  return (sentinels ?? []).map(({ host = DEFAULT_HOST, port = 26_379 }) => tcpEndpoint(host, port));
}

/**
 * Whether the options alone say which server is meant. A port does not: it is another port of the host that the connection string names.
 *
 * @internal
 */
export function namesHost({ path, host, sentinels }: RedisOptions): boolean {
  return Boolean(path || host || sentinels?.length);
}

/** Whether the options name a server of their own, which then replaces the one of the connection string. @internal */
export function namesServer({ path, host, port, sentinels }: RedisOptions): boolean {
  return (path ?? host ?? port ?? sentinels) !== undefined;
}

/** For messages; equal texts mean the same endpoint. @internal */
export function describeEndpoint(endpoint: RedisEndpoint): string {
  if ('path' in endpoint) return endpoint.path;
  return `${isIPv6(endpoint.host) ? `[${endpoint.host}]` : endpoint.host.toLowerCase()}:${endpoint.port}`;
}

const MOVED = /^MOVED \d+ (.*):(\d+)$/;

/**
 * The node that a `MOVED` answer names; `undefined` when the answer is another one.
 *
 * @param source - the node that answered
 * @throws {Error} when the node does not know the host name of the other, with the setting that mends it
 *
 * @internal
 */
export function movedTo(answer: string, source: Endpoint, natMap?: NatMap): TcpEndpoint | undefined {
  const [, named, port] = MOVED.exec(answer) ?? [];
  if (named === undefined) return undefined;
  if (named === '?') {
    throw new Error(
      `${describeEndpoint(source)} cannot name the node that holds the slot: set cluster-announce-hostname on every node, or cluster-preferred-endpoint-type to ip`,
    );
  }
  return namedBy(source, named, Number(port), natMap);
}

/**
 * The node of a cluster that `source`, another node of it, names; `undefined` when `source` does not know its host name.
 *
 * @internal
 */
export function namedBy(source: Endpoint, named: string, port: number, natMap?: NatMap): TcpEndpoint | undefined {
  if (named === '?') return undefined;
  // An empty host means another port on the host of the node that answered.
  const host = named === '' ? hostOf(source) : named;
  return throughNat({ host, port, tlsName: tlsNameOf(host, source) }, natMap, source);
}

/** The endpoints, each once; the first of equal ones stays. @internal */
export function distinct<T extends Endpoint>(endpoints: readonly T[]): T[] {
  const byText = new Map<string, T>();
  for (const endpoint of endpoints) {
    const text = describeEndpoint(endpoint);
    if (!byText.has(text)) byText.set(text, endpoint);
  }
  return [...byText.values()];
}

/**
 * The endpoint under the address by which this machine reaches it.
 *
 * @param source - the node that named the endpoint
 *
 * @internal
 */
export function throughNat(endpoint: TcpEndpoint, natMap: NatMap | undefined, source?: Endpoint): TcpEndpoint {
  const announced = `${endpoint.host}:${endpoint.port}`;
  const mapped = typeof natMap === 'function' ? natMap(announced) : natMap?.[announced];
  if (!mapped) return endpoint;
  const tlsName = source ? tlsNameOf(mapped.host, source) : mapped.host;
  return { host: mapped.host, port: mapped.port, tlsName };
}

/**
 * The nodes of a managed cluster share the certificate of the name that clients connect to, and name each other by address: an address
 * keeps the name of the node that named it.
 */
function tlsNameOf(host: string, source: Endpoint): string {
  return isIP(host) !== 0 && 'tlsName' in source && isIP(source.tlsName) === 0 ? source.tlsName : host;
}

function hostOf(endpoint: Endpoint): string {
  return 'host' in endpoint ? endpoint.host : DEFAULT_HOST;
}

/** The list, beginning with another item for each `turn`, so that none is the first one twice in a row. @internal */
export function rotated<T>(list: readonly T[], turn: number): T[] {
  const start = turn % Math.max(list.length, 1);
  return [...list.slice(start), ...list.slice(0, start)];
}
