import type { LookupFunction } from 'node:net';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InvalidOptionsError } from '../../errors.js';
import { tcpEndpoint } from '../endpoint.js';
import { clientsFromClient, clientsFromConnectionString, clientsFromOptions, type RedisClients } from './clients.js';
import { isRedisClient } from './credentials.js';

const PASSWORD = 's3cr3t';

/** The options of a connection to the first of the servers. */
async function optionsOf(clients: RedisClients): Promise<RedisOptions> {
  const make = await clients.prepare();
  const [seed] = clients.seeds();
  if (!seed) throw new Error('there is no server');
  return make(seed).options;
}

describe('the connections of a link', () => {
  it('are made one by one, and not dialled yet', async () => {
    const clients = clientsFromConnectionString('redis://shop.example');
    const make = await clients.prepare();
    const [one, other] = clients.seeds().flatMap((seed) => [make(seed), make(seed)]);
    expect(one).not.toBe(other);
    expect([one?.status, other?.status]).toEqual(['wait', 'wait']);
  });

  it('never dial again by themselves and never prefix a key, whatever the options of the application are', async () => {
    const wishes = { retryStrategy: () => 1, keyPrefix: 'x:', enableOfflineQueue: true, commandTimeout: 1 };
    const cluster = new Cluster([{ host: 'shop.example' }], { lazyConnect: true, redisOptions: wishes });
    for (const clients of [
      clientsFromOptions(wishes),
      clientsFromConnectionString('redis://shop.example', wishes),
      clientsFromConnectionString('a.example,b.example', wishes),
      clientsFromClient(new Redis({ lazyConnect: true, ...wishes })),
      clientsFromClient(cluster),
    ]) {
      const options = await optionsOf(clients);
      expect(options).toMatchObject({ retryStrategy: null, keyPrefix: '', enableOfflineQueue: false });
      expect(options.commandTimeout).toBeUndefined();
    }
  });

  it('are described by address and kind, without a secret', () => {
    const sentinels = [{ host: 'a.example' }, { host: 'b.example', port: 1 }];
    const secret = { password: PASSWORD, sentinelPassword: PASSWORD, lazyConnect: true };
    const targets = [
      clientsFromConnectionString(`redis://user:${PASSWORD}@shop.example/3`),
      clientsFromConnectionString(`a.example:1,b.example:2,password=${PASSWORD}`),
      clientsFromConnectionString(`redis+sentinel://:${PASSWORD}@a.example/main/3`),
      clientsFromOptions({ host: 'shop.example', password: PASSWORD, db: 3 }),
      clientsFromOptions({ sentinels, name: 'main', db: 3, ...secret }),
      clientsFromClient(new Redis({ host: 'shop.example', db: 3, ...secret })),
      clientsFromClient(new Redis({ sentinels, name: 'main', ...secret })),
      clientsFromClient(new Cluster([{ host: 'a.example', port: 1 }, 'redis://b.example:2'], { lazyConnect: true })),
    ].map(({ target }) => target);
    expect(targets).toEqual([
      'redis://***@shop.example:6379/3 (standalone, no TLS)',
      'redis://***@a.example:1,b.example:2/0 (cluster, no TLS)',
      'redis+sentinel://***@a.example:26379/main/3 (sentinel, no TLS)',
      'shop.example:6379/3',
      'a.example:26379,b.example:1/main/3 (sentinel)',
      'shop.example:6379/3',
      'a.example:26379,b.example:1/main/0 (sentinel)',
      'a.example:1,b.example:2/0 (cluster)',
    ]);
  });

  it('are described by the server of the options, when these name another than the string', () => {
    const target = (options: object, text = 'redis://a.example:1'): string =>
      clientsFromConnectionString(text, options).target;
    expect(target({ host: 'b.example' })).toBe('redis://b.example:1/0 (standalone, no TLS)');
    expect(target({ port: 2, db: 4, tls: {} })).toBe('rediss://a.example:2/4 (standalone, TLS)');
    expect(target({ path: '/run/redis.sock' })).toBe('redis://!/run/redis.sock/0 (standalone, no TLS)');
    expect(target({ sentinels: [{ host: 's' }], name: 'main' })).toBe('s:26379/main/0 (sentinel)');
    expect(target({ host: 'b.example', port: 3 }, 'x:1,y:2')).toBe('redis://b.example:3/0 (standalone, no TLS)');
  });

  it('ask every node of a cluster for the database that is wanted: only the server knows whether it has one', async () => {
    const clients = clientsFromConnectionString('a.example:1,b.example:2,defaultDatabase=2');
    expect(await optionsOf(clients)).toMatchObject({ host: 'a.example', db: 2 });
    expect(clients.target).toBe('redis://a.example:1,b.example:2/2 (cluster, no TLS)');
  });

  it('merge the options for TLS over those of the string', async () => {
    const { tls } = await optionsOf(clientsFromConnectionString('rediss://shop.example', { tls: { ca: 'PEM' } }));
    expect(tls).toMatchObject({ servername: 'shop.example', ca: 'PEM' });
  });

  it('trust the authority of the primary for the sentinels too', () => {
    const { sentinels } = clientsFromConnectionString('rediss+sentinel://s.example/main', { tls: { ca: 'PEM' } });
    const [sentinel] = sentinels?.endpoints ?? [];
    expect(sentinel && sentinels?.make(sentinel, true).options.tls).toMatchObject({
      servername: 's.example',
      ca: 'PEM',
    });
  });

  it('reach each sentinel by the family of addresses that its own options name', () => {
    const sentinels = [{ host: 'a.example', family: 6 }, { host: 'b.example' }];
    const { sentinels: service } = clientsFromOptions({ sentinels, name: 'main', family: 4 });
    expect(service?.endpoints.map((endpoint) => service.make(endpoint, true).options.family)).toEqual([6, 4]);
  });

  const FAMILIES: [string, () => RedisClients, number][] = [
    ['0 for a string', () => clientsFromConnectionString('redis://shop.example'), 0],
    ['that of a URL', () => clientsFromConnectionString('redis://shop.example?family=6'), 6],
    ['that of a URL for a cluster', () => clientsFromConnectionString('redis://a.example,b.example?family=6'), 6],
    ['that of a URL for sentinels', () => clientsFromConnectionString('redis+sentinel://s.example/main?family=6'), 6],
    ['that of options over a URL', () => clientsFromConnectionString('redis://a.example?family=6', { family: 4 }), 4],
    ['0 for options', () => clientsFromOptions({ host: 'shop.example' }), 0],
    [
      '0 for options that set it to undefined',
      () => clientsFromOptions({ host: 'shop.example', family: undefined }),
      0,
    ],
    ['that of options', () => clientsFromOptions({ host: 'shop.example', family: 6 }), 6],
    ['0 for sentinels', () => clientsFromOptions({ sentinels: [{ host: 's.example' }], name: 'main' }), 0],
    ['0 for a Cluster client', () => clientsFromClient(new Cluster(['redis://a.example'], { lazyConnect: true })), 0],
  ];

  // In `Redis.defaultOptions`, ioredis 5.4 has the family 4.
  it.each(FAMILIES)(
    'look hosts up in the family of addresses %s, whatever ioredis has by default',
    async (_, make, family) => {
      const defaults: object = Reflect.get(Redis, 'defaultOptions');
      const before: unknown = Reflect.get(defaults, 'family');
      Reflect.set(defaults, 'family', 4);
      onTestFinished(() => void Reflect.set(defaults, 'family', before));

      const clients = make();
      const connect = await clients.prepare();
      const connections = [
        ...clients.seeds().map(connect),
        connect(tcpEndpoint('moved.example', 1)),
        ...(clients.sentinels?.endpoints ?? []).map((endpoint) => clients.sentinels?.make(endpoint, true)),
      ];
      expect(connections.map((connection) => connection?.options.family)).toEqual(connections.map(() => family));
    },
  );

  it('speak TLS with the primary behind sentinels only with enableTLSForSentinelMode, as ioredis does', async () => {
    const tlsOf = async (clients: RedisClients) => (await clients.prepare())(tcpEndpoint('10.0.0.1', 1)).options.tls;
    const options = { sentinels: [{ host: 'a' }], name: 'main', tls: { ca: 'PEM' } };
    expect(await tlsOf(clientsFromOptions(options))).toBeUndefined();
    expect(await tlsOf(clientsFromOptions({ ...options, enableTLSForSentinelMode: true }))).toHaveProperty('ca');
    expect(await tlsOf(clientsFromConnectionString('rediss+sentinel://a/main'))).toBeDefined();
  });

  it('take user and password from credentials(), which is called once for a dial', async () => {
    let asked = 0;
    const credentials = async () => {
      asked += 1;
      return { username: 'shop', password: PASSWORD };
    };
    const make = await clientsFromOptions({ username: 'other', credentials }).prepare();
    for (const { options } of [make(tcpEndpoint('a', 1)), make(tcpEndpoint('b', 1))]) {
      expect(options).toMatchObject({ username: 'shop', password: PASSWORD });
    }
    expect(asked).toBe(1);
  });

  it('keep the user of the string when credentials() gives a password alone', async () => {
    const clients = clientsFromConnectionString('redis://shop@shop.example', {
      credentials: async () => ({ password: PASSWORD }),
    });
    expect(await optionsOf(clients)).toMatchObject({ username: 'shop', password: PASSWORD });
  });
});

describe('the time that a step of a dial may take', () => {
  it.each([
    ['is 10 s without connectTimeout', {}, 10_000],
    ['is connectTimeout', { connectTimeout: 2 ** 40 }, 2 ** 40],
    ['is left to the system with a connectTimeout of 0, as ioredis does', { connectTimeout: 0 }, 130_000],
  ])('%s', (_, options, timeout) => {
    expect(clientsFromOptions(options).connectTimeout).toBe(timeout);
    expect(clientsFromClient(new Redis({ lazyConnect: true, ...options })).connectTimeout).toBe(timeout);
    const cluster = new Cluster([{}], { lazyConnect: true, redisOptions: options });
    expect(clientsFromClient(cluster).connectTimeout).toBe(timeout);
  });
});

describe('clients from a Cluster of the application', () => {
  it('begin with its nodes, in every form that its constructor takes, and have its credentials', async () => {
    const cluster = new Cluster([{ host: 'a.example', port: 1 }, 'redis://b.example:2', 3, {}], {
      lazyConnect: true,
      redisOptions: { password: PASSWORD, tls: { ca: 'PEM' } },
    });
    const clients = clientsFromClient(cluster);
    expect(clients.seeds()).toEqual([
      tcpEndpoint('a.example', 1),
      tcpEndpoint('b.example', 2),
      tcpEndpoint('127.0.0.1', 3),
      tcpEndpoint('127.0.0.1', 6_379),
    ]);
    expect(await optionsOf(clients)).toMatchObject({
      host: 'a.example',
      port: 1,
      password: PASSWORD,
      tls: { ca: 'PEM', servername: 'a.example' },
    });
    expect(cluster.status).toBe('wait');
  });

  it('have the user, the password and tls of its nodes, in every form, where these are not those of all nodes', async () => {
    const nodes = [
      { host: 'a.example', port: 1, username: 'one', password: PASSWORD, tls: { ca: 'PEM' }, connectionName: 'shop' },
      `redis://two:${PASSWORD}@b.example:2?family=6`,
      { host: 'c.example', username: undefined },
    ];
    const redisOptions = { username: 'all', connectTimeout: 7, family: 4 } as const;
    const clients = clientsFromClient(new Cluster(nodes, { lazyConnect: true, redisOptions }));
    const make = await clients.prepare();
    const [a, b, c] = clients.seeds().map((seed) => make(seed).options);
    expect(a).toMatchObject({
      username: 'one',
      password: PASSWORD,
      tls: { ca: 'PEM' },
      connectionName: 'shop',
      family: 4,
    });
    expect(b).toMatchObject({ username: 'two', password: PASSWORD, connectTimeout: 7, family: 6 });
    expect(b?.tls).toBeUndefined();
    expect(c).toMatchObject({ username: 'all', password: null });
  });

  it('reach a node that the Cluster does not know with the credentials of the first one', async () => {
    const nodes = [{ host: 'a.example', password: PASSWORD }];
    const cluster = new Cluster(nodes, { lazyConnect: true });
    const make = await clientsFromClient(cluster).prepare();
    expect(make(tcpEndpoint('10.0.0.1', 1)).options).toMatchObject({ host: '10.0.0.1', password: PASSWORD });
  });

  it('have database 0, of which alone a cluster knows', async () => {
    const cluster = new Cluster([{ host: 'a.example' }], { lazyConnect: true, redisOptions: { db: 2 } });
    expect(await optionsOf(clientsFromClient(cluster))).toMatchObject({ db: 0 });
  });

  it('look its hosts up as the Cluster does, and expect the certificate for the name', async () => {
    const nodes = [{ host: 'a.example', tls: {} }];
    const cluster = new Cluster(nodes, {
      lazyConnect: true,
      dnsLookup: (_host, found) => found(null, '10.0.0.1'),
    });
    expect(await optionsOf(clientsFromClient(cluster))).toMatchObject({
      host: '10.0.0.1',
      tls: { servername: 'a.example' },
    });
  });

  it('throw when the Cluster knows no node yet', () => {
    const cluster = new Cluster(['srv.example'], { lazyConnect: true, useSRVRecords: true });
    expect(() => clientsFromClient(cluster).seeds()).toThrow(/knows no node yet; connect it/);
  });
});

describe('clients that cannot be made', () => {
  it('are refused, with an error that says what to change', () => {
    expect(() => clientsFromOptions({ sentinels: [{ host: 'a.example' }] })).toThrow(InvalidOptionsError);
  });
});

describe('isRedisClient', () => {
  it('knows a client by its methods, as it may come from another copy of ioredis', () => {
    expect(isRedisClient(new Redis({ lazyConnect: true }))).toBe(true);
    expect(isRedisClient({ host: 'shop.example' })).toBe(false);
  });
});

describe('the addresses of a host name', () => {
  const addressOf = (clients: RedisClients, host: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (!clients.lookup) return resolve('asked of the system');
      clients.lookup(host, {}, (error, address) => (error ? reject(error) : resolve(address)));
    });

  it('are asked of the system, unless the application decides where a name leads', async () => {
    const lookup: LookupFunction = (_host, _options, callback) => callback(null, '192.0.2.1', 4);
    for (const [clients, answer] of [
      [clientsFromConnectionString('redis://shop.test'), 'asked of the system'],
      [clientsFromOptions({ host: 'shop.test', tls: {} }), 'asked of the system'],
      [clientsFromOptions({ host: 'shop.test', tls: { lookup } }), '192.0.2.1'],
      [clientsFromClient(new Cluster([{ host: 'shop.test' }], { lazyConnect: true })), 'asked of the system'],
    ] as const) {
      expect(await addressOf(clients, 'shop.test')).toBe(answer);
    }
  });

  it('are those of the dnsLookup of a Cluster, or of the system if it answers with a name', async () => {
    const cluster = new Cluster([{ host: 'shop.test' }], {
      lazyConnect: true,
      dnsLookup: (host, callback) => callback(null, host === 'shop.test' ? '192.0.2.1' : host),
    });
    const clients = clientsFromClient(cluster);
    expect(await addressOf(clients, 'shop.test')).toBe('192.0.2.1');
    expect(['127.0.0.1', '::1']).toContain(await addressOf(clients, 'localhost'));
  });
});
