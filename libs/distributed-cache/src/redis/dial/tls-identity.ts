import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions as TlsOptions } from 'node:tls';
import type { TcpEndpoint } from '../endpoint.js';

/** The TLS options for a connection to `endpoint`; a name that the application configured goes before the one of the endpoint. @internal */
export function tlsTowards(tls: TlsOptions, { host, tlsName }: TcpEndpoint): TlsOptions {
  const isSaid = tls.servername !== undefined || tls.checkServerIdentity !== undefined;
  return isSaid ? tls : { ...tls, ...expecting(tlsName, host) };
}

/**
 * Expects a certificate for one of these names.
 *
 * @param name - what is asked for in SNI, unless it is an address
 * @param address - where the name leads, when that is known: a node's certificate may be for its address instead
 *
 * @internal
 */
export function expecting(name: string, address = name): TlsOptions {
  // Node.js sends no SNI of its own accord, and a TLS front that serves many names needs it.
  // RFC 6066 allows no address in SNI, and Node.js warns of one; the certificate is still checked for it.
  const isName = isIP(name) === 0;
  if (isName && address === name) return { servername: name };
  return {
    ...(isName ? { servername: name } : {}),
    checkServerIdentity(_asked, certificate) {
      const failure = checkServerIdentity(name, certificate);
      return failure && checkServerIdentity(address, certificate) ? failure : undefined;
    },
  };
}
