import type { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';

/**
 * Keeps a second error of the connection's socket from ending the process: ioredis listens for one error only (redis/ioredis#962), and a
 * socket that is closed during its TLS handshake may emit two.
 *
 * @internal
 */
export function listenToEveryError(connection: Redis): void {
  // The socket is made in this event; no error can come before.
  connection.once('connecting', () => setImmediate(() => ignoreErrors(connection)));
}

/** Closes the connection. Errors of its socket do not matter any more. @internal */
export function disconnect(connection: Redis): void {
  ignoreErrors(connection);
  // On a connection that has ended, `disconnect` would start a timer of ioredis that nothing stops.
  if (connection.status !== 'end') connection.disconnect();
}

/** The address at the other end: of the server, or of a proxy before it. `undefined` for a unix socket. @internal */
export function peerAddressOf(connection: Redis): string | undefined {
  const { stream }: { readonly stream?: { readonly remoteAddress?: string | undefined } | undefined } = connection;
  return stream?.remoteAddress;
}

function ignoreErrors(connection: Redis): void {
  // Although its type says otherwise, there is no socket before the connection is dialled.
  const { stream }: { readonly stream?: EventEmitter | undefined } = connection;
  stream?.on('error', () => {});
}
