import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../errors.js';
import { clientsFromClient, clientsFromConnectionString, clientsFromOptions, isRedisClient } from './redis-clients.js';

const PASSWORD = 's3cr3t';

describe('the connections of a link', () => {
  it('are two, and not dialled yet', async () => {
    const { commands, subscriber } = await clientsFromConnectionString('redis://shop.example').create();
    expect(commands).not.toBe(subscriber);
    expect([commands.status, subscriber.status]).toEqual(['wait', 'wait']);
  });

  it('never dial again by themselves, and never prefix a key, whatever the application wants', async () => {
    const wishes = { retryStrategy: () => 1, keyPrefix: 'x:', enableOfflineQueue: true, commandTimeout: 1 };
    for (const clients of [
      clientsFromOptions(wishes),
      clientsFromConnectionString('redis://shop.example', wishes),
      clientsFromClient(new Redis({ lazyConnect: true, ...wishes })),
    ]) {
      const { commands } = await clients.create();
      expect(commands.options).toMatchObject({ retryStrategy: null, keyPrefix: '', enableOfflineQueue: false });
      expect(commands.options.commandTimeout).toBeUndefined();
    }
  });

  it('are told of by address, without a secret', () => {
    const targets = [
      clientsFromConnectionString(`redis://user:${PASSWORD}@shop.example/3`),
      clientsFromOptions({ host: 'shop.example', password: PASSWORD, db: 3 }),
      clientsFromClient(new Redis({ host: 'shop.example', password: PASSWORD, db: 3, lazyConnect: true })),
    ].map(({ target }) => target);
    for (const target of targets) {
      expect(target).toContain('shop.example:6379/3');
      expect(target).not.toContain(PASSWORD);
    }
  });

  it('are told of by where the options lead, when they contradict the string', () => {
    const target = (options: object): string => clientsFromConnectionString('redis://a.example:1', options).target;
    expect(target({ host: 'b.example' })).toBe('redis://b.example:1/0 (standalone, no TLS)');
    expect(target({ port: 2, db: 4, tls: {} })).toBe('rediss://a.example:2/4 (standalone, TLS)');
    expect(target({ path: '/run/redis.sock' })).toBe('redis://!/run/redis.sock/0 (standalone, no TLS)');
  });

  it('merge the options for TLS over those of the string', async () => {
    const { commands } = await clientsFromConnectionString('rediss://shop.example', { tls: { ca: 'PEM' } }).create();
    expect(commands.options.tls).toMatchObject({ servername: 'shop.example', ca: 'PEM' });
  });

  it('take user and password from credentials(), asked once for both', async () => {
    let asked = 0;
    const credentials = async () => {
      asked += 1;
      return { username: 'shop', password: PASSWORD };
    };
    const { commands, subscriber } = await clientsFromOptions({ username: 'other', credentials }).create();
    for (const { options } of [commands, subscriber]) {
      expect(options).toMatchObject({ username: 'shop', password: PASSWORD });
    }
    expect(asked).toBe(1);
  });

  it('keep the user of the string when credentials() gives a password alone', async () => {
    const clients = clientsFromConnectionString('redis://shop@shop.example', {
      credentials: async () => ({ password: PASSWORD }),
    });
    expect((await clients.create()).commands.options).toMatchObject({ username: 'shop', password: PASSWORD });
  });
});

describe('what is not supported', () => {
  it('is refused, and the error says what is', () => {
    const cluster = new Cluster([{ host: 'shop.example' }], { lazyConnect: true });
    expect(() => clientsFromClient(cluster)).toThrow(InvalidOptionsError);
    expect(() => clientsFromOptions({ sentinels: [{ host: 'a.example' }], name: 'shop' })).toThrow(InvalidOptionsError);
    expect(() => clientsFromConnectionString('a.example:1,b.example:2')).toThrow(/Cluster.*name one server/);
    expect(() => clientsFromConnectionString('a.example:1,serviceName=shop')).toThrow(/Sentinel.*name one server/);
  });
});

describe('isRedisClient', () => {
  it('knows a client by its methods, as it may come from another copy of ioredis', () => {
    expect(isRedisClient(new Redis({ lazyConnect: true }))).toBe(true);
    expect(isRedisClient({ host: 'shop.example' })).toBe(false);
  });
});
