import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { answerEach } from './answering.js';

interface Session {
  readonly client: Socket;
  readonly upstream: Socket;
  hasExpired: boolean;
}

/**
 * Stands in front of a Redis and lets its sessions expire, as services do whose passwords are tokens: an expired session stays open and
 * gets NOAUTH for whatever it asks. New ones are let in.
 */
export class ExpiringSessions {
  readonly #server: Server;
  readonly #sessions = new Set<Session>();

  private constructor(target: number) {
    this.#server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      const session: Session = { client, upstream, hasExpired: false };
      this.#sessions.add(session);
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.on('error', () => {});
        from.on('close', () => to.destroy());
      }
      upstream.on('data', (bytes) => client.write(bytes));
      client.on('data', (bytes) => {
        if (session.hasExpired) answerEach(client, bytes, 'NOAUTH Authentication required.');
        else upstream.write(bytes);
      });
      client.on('close', () => this.#sessions.delete(session));
    });
  }

  /** Stopped after the test. */
  static async inFrontOf(port: number): Promise<ExpiringSessions> {
    const sessions = new ExpiringSessions(port);
    onTestFinished(() => sessions.#stop());
    sessions.#server.listen(0, '127.0.0.1');
    await once(sessions.#server, 'listening');
    return sessions;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Expires the sessions there are. `which` chooses by their order, from 0. */
  expire(which: (index: number) => boolean = () => true): void {
    [...this.#sessions].forEach((session, index) => (session.hasExpired ||= which(index)));
  }

  async #stop(): Promise<void> {
    this.#server.close();
    for (const { client } of this.#sessions) client.destroy();
    await once(this.#server, 'close');
  }
}
