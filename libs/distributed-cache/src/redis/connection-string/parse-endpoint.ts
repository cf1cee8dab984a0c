import { isIP, isIPv6 } from 'node:net';
import { InvalidConnectionStringError } from '../../errors.js';
import type { RedisSocketEndpoint } from '../endpoint.js';
import { isPlaceholderHost } from './placeholder.js';

/** A {@link RedisEndpoint} as the string gives it, before the default port. @internal */
export type ParsedEndpoint = ParsedNetworkEndpoint | RedisSocketEndpoint;

/** @internal */
export interface ParsedNetworkEndpoint {
  readonly host: string;
  /** `undefined`: the default port. */
  readonly port: number | undefined;
}

/** How an error message refers to an endpoint. @internal */
export interface EndpointLabel {
  /** Its position in the string, from 1. */
  readonly position: number;
  /** Whether the text may be the rest of a password that contains a separator. No part of it is shown then. */
  readonly mayBeSecret: boolean;
}

const ALLOWED = 'allowed: host, host:port, an IPv6 address, or [IPv6 address]:port';

/** Letters and digits of ASCII with `-`, and `_`, which the names of Docker contain. A name in another alphabet must be given as punycode. */
const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i;

/**
 * Reads `host`, `host:port`, `[::1]`, `[::1]:port` or `::1`.
 *
 * @throws {InvalidConnectionStringError} when it is none of them. StackExchange.Redis silently drops such an endpoint.
 *
 * @internal
 */
export function parseNetworkEndpoint(text: string, label: EndpointLabel): ParsedNetworkEndpoint {
  const { host, port } = splitPort(text);
  if (isPlaceholderHost(host)) {
    throw refusal(label, 'is a placeholder; put the real host name there');
  }
  if (host === '') {
    throw refusal(label, `has no host; ${ALLOWED}`);
  }
  if (!isValidHost(host)) {
    throw refusal(label, `is not a server; ${ALLOWED}`);
  }
  return { host, port: port === undefined ? undefined : parsePort(port, host, label) };
}

/** Whether the text is an IP address or can be a host name. @internal */
export function isValidHost(host: string): boolean {
  if (isIP(host) !== 0) {
    return true;
  }
  // A name that ends in a number is a mistyped address, such as `1.2.3` or `10.0.0.256`: no top-level domain is a number.
  return host.length <= 253 && HOST_NAME.test(host) && !/(?:^|\.)\d+\.?$/.test(host);
}

function splitPort(text: string): { host: string; port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
  if (bracketed) {
    const address = bracketed[1] ?? '';
    return { host: isIPv6(address) ? address : text, port: bracketed[2] };
  }
  const colon = text.indexOf(':');
  if (colon === -1 || isIPv6(text)) {
    return { host: text, port: undefined };
  }
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function parsePort(text: string, host: string, label: EndpointLabel): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) {
    // The message does not repeat the port: in `user:password` without a host, the port is the password.
    throw refusal(label, 'has a bad port; allowed: a whole number from 1 to 65535', host);
  }
  return port;
}

function refusal(
  { position, mayBeSecret }: EndpointLabel,
  problem: string,
  host?: string,
): InvalidConnectionStringError {
  const shown = host === undefined || mayBeSecret ? '' : ` ('${host}')`;
  const hint = mayBeSecret
    ? ' It stands after a password and is not shown, since it may be the rest of that password: a value cannot contain a comma.'
    : '';
  return new InvalidConnectionStringError(`Redis connection string: endpoint ${position}${shown} ${problem}.${hint}`);
}
