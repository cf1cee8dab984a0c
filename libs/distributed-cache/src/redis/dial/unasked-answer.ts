import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RedisOptions } from 'ioredis';

/** How long to listen, in ms. A server that refuses a connection says so at once. */
const LISTEN_FOR = 250;

/**
 * The error answer that a server gives to a connection that asks nothing, because it does not want it at all: it is in protected mode, or
 * has too many clients. `undefined`: it waits to be asked, or cannot be reached, or only a `Connector` of the application can.
 *
 * Such a server closes the connection together with its answer. Whoever has sent something by then is often told of the closed connection
 * before it can read the answer, and ioredis always sends something.
 *
 * @internal
 */
export async function unaskedAnswer(options: RedisOptions): Promise<string | undefined> {
  return options.Connector ? undefined : listenTo(options);
}

function listenTo({ path, host, port, family, tls }: RedisOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const place = path ? { path } : { host, port: Number(port), family };
    const socket = tls ? connectTls({ ...tls, ...place }) : connect(place);
    let heard = '';
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(/^-(.+)\r?\n/.exec(heard)?.[1]?.trim());
    };
    const timer = setTimeout(end, LISTEN_FOR);
    timer.unref();
    socket.unref();
    socket.on('data', (chunk) => (heard += String(chunk)));
    socket.on('error', end);
    socket.on('close', end);
  });
}
