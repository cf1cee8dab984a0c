import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP address that leads to one server, and later to another: what a failover looks like to whoever connects by name. */
export class RedisSwitch {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number | undefined;
  #isMuffled = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** @param target - the port of the server, on the loopback interface */
  static async start(target: number): Promise<RedisSwitch> {
    const made = new RedisSwitch(target);
    made.#server.listen(0, '127.0.0.1');
    await once(made.#server, 'listening');
    return made;
  }

  get connectionString(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The switch does not listen on a port.');
    return `redis://127.0.0.1:${address.port}`;
  }

  /** Ends every connection; new ones lead to `target`, or nowhere. */
  leadTo(target: number | undefined): void {
    this.#target = target;
    this.#isMuffled = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What the server has to say does not arrive any more, on new connections either; what it is asked does. */
  muffle(): void {
    this.#isMuffled = true;
    for (const socket of this.#sockets) {
      if (socket.remotePort !== this.#target) continue;
      socket.unpipe();
      socket.resume();
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.leadTo(undefined);
    await closed;
  }

  #accept(client: Socket): void {
    this.#keep(client);
    if (this.#target === undefined) {
      client.destroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    this.#keep(server);
    client.pipe(server);
    if (this.#isMuffled) server.resume();
    else server.pipe(client);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
