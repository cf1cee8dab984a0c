import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Answers whatever it is asked with one and the same error. */
export class Answering {
  readonly #server: Server;
  asked = 0;

  private constructor(answer: (ownPort: number) => string) {
    this.#server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        this.asked += answerEach(socket, bytes, answer(this.port));
      });
    });
  }

  /** Stopped after the test. */
  static async with(
    answer: (ownPort: number) => string,
    { host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {},
  ): Promise<Answering> {
    const answering = new Answering(answer);
    onTestFinished(() => answering.stop());
    answering.#server.listen(port, host);
    await once(answering.#server, 'listening');
    return answering;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  get connectionString(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Answers each command in `bytes` with the same error, and returns how many there were. */
export function answerEach(socket: Socket, bytes: Buffer, error: string): number {
  const commands = bytes.toString('latin1').match(/^\*\d+\r$/gm) ?? [];
  for (const _ of commands) socket.write(`-${error}\r\n`);
  return commands.length;
}
