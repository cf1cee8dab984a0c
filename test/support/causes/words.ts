import { createServer as createWebServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { DistributedCache } from 'nestjs-distributed-cache';
import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import { Redis } from 'ioredis';
import { freePort } from '../../../tools/ports.mjs';
import { eventually } from '../common/eventually.js';
import type { Cause } from './cause.js';
import { startTwemproxy, TWEMPROXY } from './twemproxy.js';

const LOST = 'warn: Disconnected: .*';

/** One that is not of the loopback interface, from which protected mode lets everybody in. */
const ADDRESS = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

/** Words: what was said must lead to what is amiss. */
export const WORDS: readonly Cause[] = [
  {
    cause: 'the sentinels name an address that cannot be reached',
    async provoke(scene) {
      const sentinel = await scene.sentinel(await freePort());
      scene.instances(1, { connectionString: `127.0.0.1:${sentinel.port},serviceName=main` }).started();
      await scene.untilSaid(/Disconnected/);
    },
    says: [
      new RegExp(
        `^${LOST} the sentinels name 127\\.0\\.0\\.1:\\d+ as the primary of 'main', and it cannot be connected to from here: .*replica-announce-ip.*natMap`,
      ),
    ],
  },
  {
    cause: 'protected mode',
    lacking: ADDRESS === undefined ? 'an address that is not a loopback one' : undefined,
    async provoke(scene) {
      const { port } = await scene.redis({ args: ['--bind', '0.0.0.0', '--protected-mode', 'yes'] });
      scene.instances(1, { connectionString: `redis://${ADDRESS}:${port}` }).started();
      await scene.untilSaid(/DENIED/);
    },
    says: [
      /DENIED (?:Redis is running|Running) in protected mode \(give the server a password .* or set protected-mode no .*\)$/,
    ],
  },
  {
    cause: 'protected mode, and a password that the server does not have',
    lacking: ADDRESS === undefined ? 'an address that is not a loopback one' : undefined,
    async provoke(scene) {
      const { port } = await scene.redis({ args: ['--bind', '0.0.0.0', '--protected-mode', 'yes'] });
      scene.instances(1, { connectionString: `redis://:secret@${ADDRESS}:${port}` }).started();
      await scene.untilSaid(/DENIED/);
    },
    says: [/DENIED (?:Redis is running|Running) in protected mode \(give the server a password/],
  },
  {
    cause: 'maxclients is reached',
    async provoke(scene) {
      const redis = await scene.redis({ args: ['--maxclients', '1'] });
      await redis.admin.ping();
      scene.instances(1, redis).started();
      await scene.untilSaid(/max number of clients/);
    },
    says: [new RegExp(`^${LOST} ERR max number of clients reached \\(raise maxclients`)],
  },
  {
    cause: 'a web server listens on the port',
    async provoke(scene) {
      const web = createWebServer((_, response) => response.end('hello'));
      const port = await scene.listen((server) => server.on('connection', (socket) => web.emit('connection', socket)));
      scene.instances(1, { connectionString: `redis://127.0.0.1:${port}` }).started();
      await scene.untilSaid(/Disconnected/);
    },
    says: [
      new RegExp(
        `^${LOST} no Redis answers there, perhaps a web server: its answer begins with "H" \\(check host and port\\)$`,
      ),
    ],
  },
  {
    cause: 'twemproxy listens on the port',
    lacking: TWEMPROXY === undefined ? 'twemproxy, which npm run causes fetches' : undefined,
    async provoke(scene) {
      const redis = await scene.redis();
      const port = await startTwemproxy(scene, redis.port);
      scene.instances(1, { connectionString: `redis://127.0.0.1:${port}` }).started();
      await scene.untilSaid(/Disconnected/);
    },
    says: [new RegExp(`^${LOST} .*the server closed the connection.*twemproxy`)],
  },
  {
    cause: 'the server speaks TLS, and the string says nothing of it',
    async provoke(scene) {
      const { port } = await scene.redis({ tls: true });
      scene.instances(1, { connectionString: `redis://127.0.0.1:${port}` }).started();
      await scene.untilSaid(/Disconnected/);
    },
    says: [new RegExp(`^${LOST} .*the server closed the connection.*it may require TLS \\(rediss:// or ssl=true\\)`)],
  },
  {
    cause: 'a user at a server that knows none (Redis before 6, imitated)',
    async provoke(scene) {
      const port = await scene.listen((server) =>
        server.on('connection', (socket) => {
          socket.on('error', () => {});
          socket.on('data', () => socket.write("-ERR wrong number of arguments for 'auth' command\r\n"));
        }),
      );
      scene.instances(1, { connectionString: `127.0.0.1:${port},user=shop,password=secret` }).started();
      await scene.untilSaid(/refuses/);
    },
    says: [/ERR wrong number of arguments for AUTH \(the server knows passwords and no users; leave the user out\)$/],
  },
  {
    cause: "a sentinel's port in a plain URL",
    async provoke(scene) {
      const redis = await scene.redis();
      const sentinel = await scene.sentinel(redis.port);
      scene.instances(1, { connectionString: `redis://127.0.0.1:${sentinel.port}` }).started();
      await scene.untilSaid(/refuses/);
    },
    says: [
      / a sentinel listens at 127\.0\.0\.1:\d+, and no Redis; it watches 'main' \(write redis\+sentinel:\/\/host:26379\/NAME, or add serviceName=NAME\)$/,
    ],
  },
  {
    cause: "a Redis' port with serviceName",
    async provoke(scene) {
      const redis = await scene.redis();
      scene.instances(1, { connectionString: `127.0.0.1:${redis.port},serviceName=main` }).started();
      await scene.untilSaid(/refuses/);
    },
    says: [/no sentinel names the primary of 'main': .*ERR unknown command 'SENTINEL' \(no sentinel listens there/i],
  },
  {
    cause: 'a wrong sentinelPassword',
    async provoke(scene) {
      const redis = await scene.redis();
      const { port } = await scene.sentinel(redis.port, { sentinelPassword: 'right' });
      scene.instances(1, { connectionString: `127.0.0.1:${port},serviceName=main,sentinelPassword=wrong` }).started();
      await scene.untilSaid(/refuses/);
    },
    says: [/no sentinel names the primary of 'main': .*WRONGPASS .*\(check sentinelUser and sentinelPassword/],
  },
  {
    cause: "only the server's password is given, and the sentinel has another one",
    async provoke(scene) {
      const redis = await scene.redis({ password: 'of-the-server' });
      const { port } = await scene.sentinel(redis.port, { password: 'of-the-server', sentinelPassword: 'another' });
      scene.instances(1, { connectionString: `127.0.0.1:${port},serviceName=main,password=of-the-server` }).started();
      await scene.untilSaid(/refuses/);
    },
    says: [
      /WRONGPASS .*\(check sentinelUser and sentinelPassword; without them the user and password of the server are tried\)/,
    ],
  },
  {
    cause: "only the server's user and password are given, and the sentinel has none",
    async provoke(scene) {
      const redis = await scene.redis({ user: 'shop', password: 'of-the-server' });
      const { port } = await scene.sentinel(redis.port);
      const string = `127.0.0.1:${port},serviceName=main,user=shop,password=of-the-server`;
      await scene.instances(1, { connectionString: string }).connected();
    },
    says: [],
  },
  {
    cause: 'a password that the server does not need',
    async provoke(scene) {
      const { port } = await scene.redis();
      await scene.instances(1, { connectionString: `127.0.0.1:${port},password=secret` }).connected();
    },
    says: [
      /^warn: Redis needs no password, although one is given: it may be another server than the one that is meant/,
    ],
  },
  {
    cause: 'a wrong password, when the application boots',
    async provoke(scene) {
      const { port } = await scene.redis({ password: 'right' });
      await scene.application(`redis://:wrong@127.0.0.1:${port}`);
    },
    says: [
      /^warn: redis:\/\/\S+ \(standalone, no TLS\) has refused: WRONGPASS .*\(check user and password .*\. Starting without it, and trying again in the background\.$/,
    ],
  },
  {
    cause: 'nobody listens on the port, when the application boots',
    async provoke(scene) {
      const port = await freePort();
      await scene.application(`redis://127.0.0.1:${port}`);
    },
    says: [/^warn: redis:\/\/\S+ \(standalone, no TLS\) cannot be reached: connect ECONNREFUSED .*Starting without it/],
  },
  {
    cause: 'a server that does not answer, when the application boots',
    async provoke(scene) {
      const redis = await scene.redis();
      redis.pause();
      scene.atEnd(() => redis.resume());
      await scene.application(redis.connectionString);
    },
    says: [/^warn: redis:\/\/\S+ \(standalone, no TLS\) has not answered within 1000 ms\. Starting without it/],
  },
  {
    cause: 'an eviction everywhere in a namespace that is new on this Redis',
    async provoke(scene) {
      const redis = await scene.redis();
      const { a } = await scene.instances(2, redis, { maxStaleness: '10s' }).connected();
      await scene.thrown(() => a.region('products').evict('1', { everywhere: { timeout: '2s' } }));
    },
    says: [
      /^thrown: The eviction was not confirmed everywhere within 2000 ms: .*the list of instances on Redis is only \d+ s old, as this namespace was new there or its data lost/,
    ],
  },
  {
    cause: 'an eviction everywhere on a Redis that was restarted',
    async provoke(scene) {
      const redis = await scene.redis({ persistent: true });
      const { a, b } = await scene.instances(2, redis, { maxStaleness: '10s' }).connected();
      await redis.kill();
      await redis.restart();
      await eventually(() => {
        const isBack = (each: DistributedCache): boolean =>
          each.status().state === 'coherent' && each.stats().bridge.reconnects > 0;
        if (!isBack(a) || !isBack(b)) throw new Error('they are not back yet');
      });
      await scene.thrown(() => a.region('products').evict('1', { everywhere: { timeout: '2s' } }));
    },
    says: [
      new RegExp(`^${LOST} `),
      /^thrown: The eviction was not confirmed everywhere within 2000 ms: .*Redis was restarted or failed over \d+ s ago and may have forgotten an instance/,
    ],
  },
  {
    cause: 'the server ends a connection that has worked',
    async provoke(scene) {
      const redis = await scene.redis();
      await scene.instances(1, redis).connected();
      await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await scene.untilSaid(/Disconnected/);
    },
    says: [new RegExp(`^${LOST} (?:Redis closed the connection|.*the server closed the connection\\)?)$`)],
  },
  {
    cause: 'a stand-in in the place of a client',
    async provoke(scene) {
      const standIn = Object.assign(new Redis({ lazyConnect: true }), { status: undefined });
      await scene.thrown(() => new RedisInvalidationBridge({ redis: Object.assign(standIn, {}) }));
    },
    says: [
      /^thrown: redis: this is no client of ioredis, but a stand-in such as ioredis-mock\. .*In tests use provideTestCache\(\)/,
    ],
  },
];
