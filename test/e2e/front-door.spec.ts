import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFrontDoor } from '../../scripts/start/front-door.mjs';
import { freePort } from '../../tools/ports.mjs';
import { eventually } from '../support/common/eventually.js';
import { request } from '../support/instances/sample-client.js';

let running: number[];
let address: string;
let frontDoor: { close(this: void): Promise<void> };
let servers: Server[];

beforeEach(async () => {
  running = [];
  servers = [];
  const port = await freePort();
  address = `http://127.0.0.1:${port}/products/1`;
  frontDoor = await openFrontDoor({ port, host: '127.0.0.1', origin: 'http://127.0.0.1', runningPorts: () => running });
});

afterEach(async () => {
  await frontDoor.close();
  for (const server of servers) server.close();
});

async function startInstance(answer: RequestListener): Promise<void> {
  const server = createServer(answer).listen(0);
  servers.push(server);
  await once(server, 'listening');
  const bound = server.address();
  if (bound !== null && typeof bound === 'object') running.push(bound.port);
}

const works: RequestListener = (incoming, response) => {
  incoming.resume().once('end', () => response.end(JSON.stringify(incoming.headers['x-forwarded-for'] !== undefined)));
};

const crashes: RequestListener = (incoming) => void incoming.socket.destroy();

describe('the front door', () => {
  it('answers 503 when no instance is running', async () => {
    const answer = await request('GET', address);
    expect(answer).toMatchObject({ code: 503, body: { statusCode: 503, error: 'Service Unavailable' } });
  });

  it('passes a read on to the next instance when one is gone or fails before it answers', async () => {
    running.push(await freePort());
    await startInstance(crashes);
    await startInstance(works);
    for (let read = 0; read < 6; read += 1) {
      expect(await request('GET', address)).toMatchObject({ code: 200, body: true });
    }
  });

  it('answers 502 to a write whose instance failed, and never repeats it: it may have been carried out', async () => {
    let writes = 0;
    await startInstance((incoming) => {
      writes += 1;
      incoming.socket.destroy();
    });
    await startInstance(works);
    const codes = [await request('PUT', address, { price: 1 }), await request('PUT', address, { price: 1 })];
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([200, 502]));
    expect(writes).toBe(1);
  });

  it('passes on bodies and status codes unchanged', async () => {
    await startInstance((incoming, response) => {
      response.writeHead(409, { 'content-type': 'application/json' });
      incoming.pipe(response);
    });
    expect(await request('POST', address, { name: 'Kite' })).toMatchObject({ code: 409, body: { name: 'Kite' } });
  });

  it('gives each server-sent event as it comes, and tells the instance when the viewer is gone', async () => {
    let send: (text: string) => void = () => {};
    const left = new Promise((resolve) => {
      void startInstance((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        send = (text) => void response.write(text);
        response.once('close', resolve);
      });
    });
    await eventually(() => expect(running).toHaveLength(1));
    const viewer = new AbortController();
    const { body } = await fetch(new URL('/cache/events', address), { signal: viewer.signal });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      send(event);
      expect((await reader?.read())?.value).toBe(event);
    }
    viewer.abort();
    await left;
  });

  it('keeps a viewer of the dashboard at one instance, and at the next when that one is gone', async () => {
    const ports = async (path: string, cookie: string): Promise<{ port: string; cookie: string }> => {
      const answer = await fetch(new URL(path, address), { headers: { cookie } });
      const [given] = answer.headers.getSetCookie();
      return { port: await answer.text(), cookie: given?.split(';')[0] ?? cookie };
    };
    const names: RequestListener = (incoming, response) => void response.end(String(incoming.socket.localPort));
    for (let count = 0; count < 3; count += 1) await startInstance(names);
    let { port, cookie } = await ports('/cache/', 'theme=dark');
    for (const path of ['/cache/app.js', '/cache/events', '/cache/events', '/cache/']) {
      expect((await ports(path, `theme=dark; ${cookie}`)).port).toBe(port);
    }
    // Other paths take turns all the same.
    const others = [await ports('/products/1', cookie), await ports('/products/1', cookie)];
    expect(others[0]?.port).not.toBe(others[1]?.port);

    running = running.filter((each) => String(each) !== port);
    const first = port;
    ({ port, cookie } = await ports('/cache/events', cookie));
    expect(port).not.toBe(first);
    expect((await ports('/cache/events', cookie)).port).toBe(port);
  });
});
