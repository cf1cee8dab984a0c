import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from './ports.mjs';

/** The port that the system gives a connection to itself. */
async function portOfConnection(port: number): Promise<number | undefined> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const { localPort } = socket;
  socket.destroy();
  return localPort;
}

describe('A free port', () => {
  it('is none that the system gives to a connection, so that nothing takes it before a server is started on it', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const given = await Promise.all(Array.from({ length: 50 }, () => portOfConnection(port)));
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
    expect(Math.max(...ports)).toBeLessThan(Math.min(...given.map(Number)));
  });
});
