import { isIP, isIPv6 } from 'node:net';
import { InvalidConnectionStringError } from '../../errors.js';
import type { RedisSocketEndpoint } from '../endpoint.js';
import { isPlaceholderHost } from './placeholder.js';

/** The two syntaxes of a connection string. @internal */
export type ConnectionSyntax = 'url' | 'stackexchange';

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
  readonly syntax: ConnectionSyntax;
  /** Why no part of the endpoint is shown: it stands behind a password, and may be the rest of it. `undefined`: it may be shown. */
  readonly hidden: string | undefined;
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
  if (isAddressBeforePort(text, label.syntax)) {
    throw refusal(
      label,
      'is an IPv6 address without brackets, and its end may be a port; write the address in brackets, as in [2001:db8::7]:6379 or [2001:db8::7]',
    );
  }
  const { host, port } = splitPort(text);
  if (isPlaceholderHost(host)) {
    throw refusal(label, 'is a placeholder; put the real host name there');
  }
  if (host === '') {
    throw refusal(label, `has no host; ${ALLOWED}`);
  }
  if (!isValidHost(host)) {
    throw refusal(label, `is not a server; ${ALLOWED}${schemeHint(text)}`);
  }
  return { host, port: port === undefined ? undefined : parsePort(text, port, host, label) };
}

/** A URL of which the `://` is mistyped reads as a host that is called like the scheme. `redis:6379` is a server. */
function schemeHint(text: string): string {
  return /^rediss?(?:\+\w+)?(?::|\/\/)/i.test(text) ? '. If it is a URL: it needs ://, as in redis://host:6379' : '';
}

/** Whether the text is an IP address or can be a host name. @internal */
export function isValidHost(host: string): boolean {
  if (isIP(host) !== 0) {
    return true;
  }
  // A name that ends in a number is a mistyped address, such as `1.2.3` or `10.0.0.256`: no top-level domain is a number.
  return host.length <= 253 && HOST_NAME.test(host) && !/(?:^|\.)\d+\.?$/.test(host);
}

/** The ports of Redis and of its clusters that are also the last group of an address. */
const USUAL_PORT = /^(?:63[78]\d|70\d\d)$/;

/**
 * Whether the text is an IPv6 address without brackets that seems to be followed by a port. `::1:6379` is an address as well, and a server
 * with that address could never be reached. In a URL an address must have brackets. In StackExchange.Redis syntax `2001:db8::a:5` is an
 * address without a port, so only an end that is a usual port of Redis is taken for one.
 */
function isAddressBeforePort(text: string, syntax: ConnectionSyntax): boolean {
  const colon = text.lastIndexOf(':');
  const end = text.slice(colon + 1);
  if (!isIPv6(text.slice(0, Math.max(colon, 0))) || !/^\d{1,5}$/.test(end)) return false;
  return !isIPv6(text) || syntax === 'url' || USUAL_PORT.test(end);
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

function parsePort(endpoint: string, text: string, host: string, label: EndpointLabel): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) {
    // The message does not repeat the port: in `user:password` without a host, the port is the password.
    throw refusal(label, `has a bad port; allowed: a whole number from 1 to 65535${schemeHint(endpoint)}`, host);
  }
  return port;
}

function refusal({ position, hidden }: EndpointLabel, problem: string, host?: string): InvalidConnectionStringError {
  const shown = host === undefined || hidden !== undefined ? '' : ` ('${host}')`;
  const hint = hidden === undefined ? '' : ` ${hidden}`;
  return new InvalidConnectionStringError(`Redis connection string: endpoint ${position}${shown} ${problem}.${hint}`);
}
