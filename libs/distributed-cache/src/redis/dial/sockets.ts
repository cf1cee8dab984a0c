import type { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';

/**
 * Keeps a second error of the connection's socket from ending the process. ioredis listens to its socket for one error only
 * (redis/ioredis#962), and one that is closed within its TLS handshake may give two.
 *
 * @internal
 */
export function listenToEveryError(connection: Redis): void {
  // Once it is there; nothing can have gone wrong with it before.
  connection.once('connecting', () => setImmediate(() => ignoreErrors(connection)));
}

/** Closes the connection; what its socket has to say about that does not matter. @internal */
export function disconnect(connection: Redis): void {
  ignoreErrors(connection);
  // To end what has ended would only start a timer of ioredis that nothing stops.
  if (connection.status !== 'end') connection.disconnect();
}

function ignoreErrors(connection: Redis): void {
  // There is none before the connection is dialled, whatever its type says.
  const { stream }: { readonly stream?: EventEmitter | undefined } = connection;
  stream?.on('error', () => {});
}
