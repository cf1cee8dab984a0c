import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SETTING_NAMES } from '../../libs/distributed-cache/src/module/bridge/connection-source.js';
import { freePort, isPortFree } from '../../tools/ports.mjs';
import {
  consecutiveFreePorts,
  SampleApplication,
  type SampleOptions,
  startSample,
} from '../support/instances/sample-application.js';
import { type CacheStatus, type Product, request } from '../support/instances/sample-client.js';

const started: SampleApplication[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((sample) => sample.stop()));
});

async function start(options?: SampleOptions): Promise<SampleApplication> {
  const sample = await startSample(options);
  started.push(sample);
  return sample;
}

async function run(options: SampleOptions): Promise<SampleApplication> {
  const sample = await SampleApplication.spawn(options);
  started.push(sample);
  return sample;
}

function redisPortOf(sample: SampleApplication): number {
  const [, port] = /a private \S+ on port (\d+)/.exec(sample.output) ?? [];
  return Number(port);
}

function pidOf(sample: SampleApplication, port: number | undefined): number {
  const [, pid] = new RegExp(`${port} \\(pid (\\d+)\\)`).exec(sample.output) ?? [];
  return Number(pid);
}

/** Whether everything the application listened on is free, its Redis included. */
async function nothingListens(sample: SampleApplication): Promise<boolean> {
  const free = await Promise.all([...sample.ports, redisPortOf(sample)].map((port) => isPortFree(port)));
  return free.every(Boolean);
}

describe('npm start', () => {
  it('starts a Redis of its own, three instances and a front door', async () => {
    const sample = await start();
    expect(await nothingListens(sample)).toBe(false);
    const answers = await Promise.all(
      sample.instances.map((instance) => request<CacheStatus>('GET', `${instance}/cache/status`)),
    );
    expect(answers.map(({ body }) => body.status.state)).toEqual(['coherent', 'coherent', 'coherent']);
  });

  it('answers / with a page whose links all lead somewhere', async () => {
    const sample = await start();
    const page = await (await fetch(`${sample.frontDoor}/`)).text();
    const links = Array.from(page.matchAll(/href="([^"]+)"/g), ([, link = '']) => link.replaceAll('&amp;', '&'));
    expect(links).toContain('/products/1');
    expect(links).toContain(`${sample.instances[0]}/cache/status`);
    const answers = await Promise.all(links.map((link) => fetch(new URL(link, sample.frontDoor))));
    expect(answers.map(({ status, url }) => `${url}: ${status}`)).toEqual(answers.map(({ url }) => `${url}: 200`));
  });

  // Other systems have one loopback address only.
  it.runIf(process.platform === 'linux').each([
    [undefined, '127.0.0.2', false],
    ['0.0.0.0', '127.0.0.2', true],
    ['127.0.0.2', '127.0.0.2', true],
  ])('with HOST=%s, can be reached at %s: %s', async (host, address, isReachable) => {
    const sample = await start({ instances: 1, environment: host === undefined ? {} : { HOST: host } });
    const answers = await Promise.allSettled(sample.ports.map((port) => fetch(`http://${address}:${port}/products/1`)));
    expect(answers.map((answer) => answer.status === 'fulfilled' && answer.value.ok)).toEqual([
      isReachable,
      isReachable,
    ]);
  });

  it('leaves nothing behind after Ctrl-C', async () => {
    const sample = await start();
    sample.pressCtrlC();
    expect(await sample.exited).toBe(0);
    expect(await nothingListens(sample)).toBe(true);
    for (const port of sample.ports.slice(1)) {
      const pid = pidOf(sample, port);
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    }
  });

  it('shuts down in good order when Ctrl-C arrives twice, as npm delivers it', async () => {
    const sample = await start();
    sample.pressCtrlC();
    sample.kill('SIGINT');
    expect(await sample.exited).toBe(0);
    expect(await nothingListens(sample)).toBe(true);
  });

  it('leaves nothing behind when it is killed with SIGKILL', async () => {
    const sample = await start();
    sample.kill('SIGKILL');
    await vi.waitFor(async () => expect(await nothingListens(sample)).toBe(true), { timeout: 10_000, interval: 100 });
  });

  it('stops when the shell is killed in which npm runs it', async () => {
    const sample = await start({
      command: ['sh', '-c', 'true && "$0" scripts/start.mjs; true', process.execPath],
      environment: { npm_lifecycle_event: 'start' },
    });
    sample.kill('SIGKILL');
    await vi.waitFor(async () => expect(await nothingListens(sample)).toBe(true), { timeout: 10_000, interval: 100 });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('stops everything when only npm is sent %s', async (signal) => {
    const sample = await start({ command: ['npm', 'start'] });
    sample.kill(signal);
    await sample.exited;
    expect(await nothingListens(sample)).toBe(true);
  });

  it('restarts a crashed instance and serves meanwhile', async () => {
    const sample = await start();
    const [, port] = sample.ports;
    process.kill(pidOf(sample, port), 'SIGKILL');
    for (let read = 0; read < 12; read += 1) {
      expect((await request('GET', `${sample.frontDoor}/products/1`)).code).toBe(200);
    }
    await sample.untilPrinted(`Instance ${port} is back`);
    expect((await request('GET', `http://127.0.0.1:${port}/products/1`)).code).toBe(200);
  });

  it.each([0, 1])('ends with an error when port %i of those that it needs is in use', async (offset) => {
    const port = await consecutiveFreePorts(2);
    const taken = port + offset;
    const squatter = createServer().listen(taken);
    await once(squatter, 'listening');

    const sample = await run({ port, instances: 1 });
    expect(await sample.exited).toBe(1);
    expect(sample.output).toContain(`Port ${taken} is in use by another program.`);
    squatter.close();
  });

  it.each([
    ['INSTANCES', 'many'],
    ['PORT', '70000'],
    ['HOST', '192.0.2.1'],
  ])('refuses %s=%s and names the variable', async (variable, value) => {
    const sample = await run({ environment: { [variable]: value } });
    expect(await sample.exited).toBe(1);
    expect(sample.output).toContain(`${variable}=${value} cannot be used`);
  });

  it('never prints the password of its Redis', async () => {
    const redisConnectionString = `127.0.0.1:${await freePort()},password=tell-nobody,ssl=False`;
    const sample = await start({ redisConnectionString, instances: 1 });
    expect(sample.output).not.toContain('tell-nobody');
  });

  it('runs one instance in local mode, and prints that, where there is no Redis and no way to install one', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'no-programs-'));
    const sample = await start({ environment: { PATH: empty } });
    expect(sample.output).toContain('No Redis here and no way to install one.');
    expect(sample.output).toContain('none: one instance, in local mode');
    const { body } = await request<CacheStatus>('GET', `${sample.frontDoor}/cache/status`);
    expect(body.status.state).toBe('local');
    await rm(empty, { recursive: true });
  });
});

describe('npm run reset', () => {
  it('puts the data back, and running instances drop what they have cached', async () => {
    const sample = await start();
    const product = (instance: string): Promise<number> =>
      request<Product>('GET', `${instance}/products/1`).then(({ body }) => body.price);
    const [first = ''] = sample.instances;
    const price = await product(first);
    await request('PUT', `${first}/products/1`, { price: price + 1 });
    await vi.waitFor(async () =>
      expect(await Promise.all(sample.instances.map(product))).toEqual(sample.instances.map(() => price + 1)),
    );

    const reset = await run({
      command: [process.execPath, 'scripts/reset.mjs'],
      port: sample.ports[0],
      environment: { DATABASE_FILE: sample.databaseFile },
    });
    expect(await reset.exited).toBe(0);
    await vi.waitFor(async () =>
      expect(await Promise.all(sample.instances.map(product))).toEqual(sample.instances.map(() => price)),
    );
  });

  it('needs no running application, and says so', async () => {
    const reset = await run({ command: [process.execPath, 'scripts/reset.mjs'] });
    expect(await reset.exited).toBe(0);
    expect(reset.output).toContain(`no application answers on port ${reset.ports[0]}`);
  });
});

describe('npm run start:single', () => {
  it('runs one instance in local mode, also when the environment names a Redis', async () => {
    const sample = await run({
      command: [process.execPath, 'scripts/start-single.mjs'],
      // Under every name that the library looks it up, so that the list of the scripts misses none.
      environment: Object.fromEntries(SETTING_NAMES.map((name) => [name, 'redis://127.0.0.1:1'])),
      instances: 1,
    });
    await sample.untilPrinted('Ctrl-C stops it.');
    const { body } = await request<CacheStatus>('GET', `${sample.frontDoor}/cache/status`);
    expect(body.status.state).toBe('local');
    sample.pressCtrlC();
    await sample.exited;
    expect(await isPortFree(sample.ports[0] ?? 0)).toBe(true);
  });

  it('ends with an error when its port is in use, and names one that npm start does not take', async () => {
    const port = await freePort();
    const squatter = createServer().listen(port);
    await once(squatter, 'listening');

    const sample = await run({ command: [process.execPath, 'scripts/start-single.mjs'], port, instances: 1 });
    expect(await sample.exited).toBe(1);
    expect(sample.output).toContain(`Port ${port} is in use by another program.`);
    expect(sample.output).toContain(`PORT=${port + 1000} npm run start:single`);
    squatter.close();
  });

  it('refuses PORT=abc and names the variable', async () => {
    const sample = await run({
      command: [process.execPath, 'scripts/start-single.mjs'],
      environment: { PORT: 'abc' },
      instances: 1,
    });
    expect(await sample.exited).toBe(1);
    expect(sample.output).toContain('PORT=abc cannot be used');
  });
});
