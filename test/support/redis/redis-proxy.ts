import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { ProxiedConnection, type ConnectionRole, type Direction, type Fault } from './proxied-connection.js';
import { OPEN, type Passage } from './proxy-stream.js';

/** Which bytes a fault concerns. Default: all. */
export interface FaultTarget {
  /** Of connections of this role only, as soon as their bytes have told it. */
  readonly role?: ConnectionRole | undefined;
  /** In this direction only. */
  readonly direction?: Direction | undefined;
}

/** A TCP proxy in front of a server, with the faults that a network has: one at a time, for the connections there are and for new ones. */
export class RedisProxy {
  #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<ProxiedConnection>();
  #faultOf: (role: ConnectionRole | undefined) => Fault = () => OPEN_BOTH_WAYS;
  #swallowedBefore = 0;

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

  /** Bytes that have been swallowed. */
  get swallowed(): number {
    let swallowed = this.#swallowedBefore;
    for (const connection of this.#connections) swallowed += connection.swallowed;
    return swallowed;
  }

  get connectionString(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends connections; new ones are ended as soon as their role is known, or at once. */
  cut({ role }: Pick<FaultTarget, 'role'> = {}): void {
    this.#become((each) => (role === undefined || each === role ? 'cut' : OPEN_BOTH_WAYS));
  }

  /** Connections stay open, also new ones, and nothing gets through any more: half-open, as behind a dead router. */
  blackhole(target: FaultTarget = {}): void {
    this.#impede(target, { ...OPEN, fate: 'swallowed' });
  }

  /** Nothing gets through until {@link restore}, and then everything does: what TCP makes of a network that was away for a while. */
  stall(target: FaultTarget = {}): void {
    this.#impede(target, { ...OPEN, fate: 'held' });
  }

  /** @param speed - `latency` in ms for every byte, and how many of them get through in a second */
  slow({ latency = 0, bytesPerSecond = Infinity }: Partial<Passage>, target: FaultTarget = {}): void {
    this.#impede(target, { ...OPEN, latency, bytesPerSecond });
  }

  /** Ends every connection; new ones reach the server at `port`, as after a change of DNS. */
  leadTo(port: number): void {
    this.#target = port;
    for (const connection of this.#connections) connection.cut();
  }

  /** New connections get through again; those that were half-open stay so, as their bytes are lost. */
  restore(): void {
    this.#become(() => OPEN_BOTH_WAYS);
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) connection.cut();
    await closed;
  }

  #impede({ role, direction }: FaultTarget, passage: Passage): void {
    const impeded: Fault = {
      requests: direction === 'answers' ? OPEN : passage,
      answers: direction === 'requests' ? OPEN : passage,
    };
    this.#become((each) => (role === undefined || each === role ? impeded : OPEN_BOTH_WAYS));
  }

  #become(faultOf: (role: ConnectionRole | undefined) => Fault): void {
    this.#faultOf = faultOf;
    for (const connection of this.#connections) connection.update();
  }

  #accept(client: Socket): void {
    const upstream = connect(this.#target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      this.#sockets.add(socket);
    }
    const connection = new ProxiedConnection(client, upstream, (role) => this.#faultOf(role));
    this.#connections.add(connection);
    for (const socket of [client, upstream])
      socket.once('close', () => this.#closed(socket, connection, client, upstream));
  }

  #closed(socket: Socket, connection: ProxiedConnection, client: Socket, upstream: Socket): void {
    this.#sockets.delete(socket);
    if (!client.closed || !upstream.closed || !this.#connections.delete(connection)) return;
    this.#swallowedBefore += connection.swallowed;
  }
}

const OPEN_BOTH_WAYS: Readonly<Record<Direction, Passage>> = { requests: OPEN, answers: OPEN };
