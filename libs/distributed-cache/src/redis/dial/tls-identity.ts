import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions as TlsOptions } from 'node:tls';
import type { TcpEndpoint } from '../endpoint.js';

/** The TLS options for a connection to this endpoint. A name that the application configured wins over the endpoint's. @internal */
export function tlsTowards(tls: TlsOptions, { host, tlsName }: TcpEndpoint): TlsOptions {
  const isConfigured = tls.servername !== undefined || tls.checkServerIdentity !== undefined;
  return isConfigured ? tls : { ...tls, ...expecting(tlsName, host) };
}

/**
 * TLS options that accept a certificate for one of two names.
 *
 * @param name - sent as SNI, unless it is an IP address
 * @param address - the address of the server, if it is known: the certificate of a node may be for that instead
 *
 * @internal
 */
export function expecting(name: string, address = name): TlsOptions {
  // Node.js sends no SNI unless `servername` is set, and a TLS proxy in front of many names needs it. RFC 6066 forbids an IP address in SNI,
  // and Node.js warns of one; the certificate is checked for it all the same.
  const isName = isIP(name) === 0;
  if (isName && address === name) return { servername: name };
  return {
    ...(isName ? { servername: name } : {}),
    checkServerIdentity(_servername, certificate) {
      const failure = checkServerIdentity(name, certificate);
      return failure && checkServerIdentity(address, certificate) ? failure : undefined;
    },
  };
}
