import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';

type Condition = 'open' | 'cut' | 'blackhole';

/** A TCP proxy in front of a server, with the faults that a network has. */
export class RedisProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #condition: Condition = 'open';
  /** Bytes that a blackhole has swallowed. */
  swallowed = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** @param target - the port of the server, on the loopback interface */
  static async start(target: number): Promise<RedisProxy> {
    const proxy = new RedisProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen on a port.');
    return address.port;
  }

  /** How many connections are open, on either side. */
  get connections(): number {
    return this.#sockets.size;
  }

  get connectionString(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends every connection; new ones are ended at once. */
  cut(): void {
    this.#condition = 'cut';
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Every connection stays open, also new ones, and nothing gets through any more: half-open, as behind a dead router. */
  blackhole(): void {
    this.#condition = 'blackhole';
    for (const socket of this.#sockets) this.#swallow(socket);
  }

  /** New connections get through again; those that were half-open stay so, as their bytes are lost. */
  restore(): void {
    this.#condition = 'open';
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(client: Socket): void {
    this.#keep(client);
    if (this.#condition === 'cut') client.destroy();
    else if (this.#condition === 'blackhole') this.#swallow(client);
    else this.#forward(client);
  }

  #forward(client: Socket): void {
    const upstream = connect(this.#target, '127.0.0.1');
    this.#keep(upstream);
    client.pipe(upstream);
    upstream.pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  }

  #swallow(socket: Socket): void {
    socket.unpipe();
    socket.on('data', (bytes: Buffer) => (this.swallowed += bytes.length));
    socket.resume();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
