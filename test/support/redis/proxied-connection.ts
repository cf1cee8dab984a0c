import type { Socket } from 'node:net';
import { ProxyStream, type Passage } from './proxy-stream.js';

/** What a connection is for, as far as its bytes have told. */
export type ConnectionRole = 'commands' | 'subscriber';

/** To the server, or from it. */
export type Direction = 'requests' | 'answers';

/** What happens to the bytes of a connection; `'cut'` when there is to be none. */
export type Fault = 'cut' | Readonly<Record<Direction, Passage>>;

/** One client's connection through a proxy. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #requests: ProxyStream;
  readonly #answers: ProxyStream;
  readonly #faultOf: (role: ConnectionRole | undefined) => Fault;
  #role: ConnectionRole | undefined;

  /** @param faultOf - what happens now to connections of a role; of `undefined`: to those that are not known yet */
  constructor(client: Socket, upstream: Socket, faultOf: (role: ConnectionRole | undefined) => Fault) {
    this.#client = client;
    this.#upstream = upstream;
    this.#faultOf = faultOf;
    // Before the stream hears of them: the fault may be meant for connections of this role.
    client.on('data', (bytes: Buffer) => this.#learnRole(bytes));
    this.#requests = new ProxyStream(client, upstream);
    this.#answers = new ProxyStream(upstream, client);
    this.update();
  }

  get role(): ConnectionRole | undefined {
    return this.#role;
  }

  get swallowed(): number {
    return this.#requests.swallowed + this.#answers.swallowed;
  }

  /** The faults are others now. */
  update(): void {
    const fault = this.#faultOf(this.#role);
    if (fault === 'cut') {
      this.cut();
      return;
    }
    this.#requests.become(fault.requests);
    this.#answers.become(fault.answers);
  }

  cut(): void {
    this.#requests.destroy();
    this.#answers.destroy();
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #learnRole(bytes: Buffer): void {
    if (this.#role) return;
    const [, command] = /\b(subscribe|eval|evalsha)\b/i.exec(bytes.toString('latin1')) ?? [];
    if (command === undefined) return;
    this.#role = command.toLowerCase() === 'subscribe' ? 'subscriber' : 'commands';
    this.update();
  }
}
