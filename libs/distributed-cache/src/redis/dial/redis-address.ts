import { isIP, isIPv6 } from 'node:net';
import type { NatMap } from 'ioredis';
import type { RedisSocketEndpoint } from '../connection-string/connection-settings.js';

/** A server reached over TCP, and how to recognise it. @internal */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** What is asked for in a TLS handshake: the name by which somebody sent us there. */
  readonly tlsName: string;
}

/** @internal */
export type RedisPlace = RedisAddress | RedisSocketEndpoint;

/** @internal */
export function addressAt(host: string, port: number): RedisAddress {
  return { host, port, tlsName: host };
}

/** For people, and to tell one place from another. @internal */
export function describePlace(place: RedisPlace): string {
  if ('path' in place) return place.path;
  return `${isIPv6(place.host) ? `[${place.host}]` : place.host.toLowerCase()}:${place.port}`;
}

const MOVED = /^MOVED \d+ (.*):(\d+)$/;

/**
 * Where an answer of a cluster's node sends us; `undefined` when it does not.
 *
 * @param teller - the node that said so
 *
 * @internal
 */
export function movedTo(answer: string, teller: RedisPlace, natMap?: NatMap): RedisAddress | undefined {
  const [, written, port] = MOVED.exec(answer) ?? [];
  if (written === undefined) return undefined;
  if (written === '?') {
    throw new Error(
      `${describePlace(teller)} cannot name the node that holds the slot: set cluster-announce-hostname on every node, or cluster-preferred-endpoint-type to ip`,
    );
  }
  // No host means the one that was asked.
  const host = written === '' ? hostOf(teller) : written;
  return throughNat({ host, port: Number(port), tlsName: tlsNameOf(host, teller) }, natMap, teller);
}

/** Where `address` is seen from here. @internal */
export function throughNat(address: RedisAddress, natMap: NatMap | undefined, teller?: RedisPlace): RedisAddress {
  const announced = `${address.host}:${address.port}`;
  const mapped = typeof natMap === 'function' ? natMap(announced) : natMap?.[announced];
  if (!mapped) return address;
  const tlsName = teller ? tlsNameOf(mapped.host, teller) : mapped.host;
  return { host: mapped.host, port: mapped.port, tlsName };
}

/** A name stands for every node that it sends us to by address; an address stands for itself. */
function tlsNameOf(host: string, teller: RedisPlace): string {
  return isIP(host) !== 0 && 'tlsName' in teller && isIP(teller.tlsName) === 0 ? teller.tlsName : host;
}

function hostOf(place: RedisPlace): string {
  return 'host' in place ? place.host : 'localhost';
}
