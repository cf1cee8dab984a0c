import { hostname } from 'node:os';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { parseRedisConnectionString } from '../connection-string/connection-string.js';
import { toIoredisOptions } from './ioredis-options.js';

const optionsOf = (text: string): ReturnType<typeof toIoredisOptions> =>
  toIoredisOptions(parseRedisConnectionString(text));

describe('toIoredisOptions', () => {
  it('gives address, database, RESP version and timings, and no option that the string does not set', () => {
    expect(optionsOf('host,name=web')).toEqual({
      host: 'host',
      port: 6379,
      db: 0,
      protocol: 2,
      family: 0,
      replyMapping: 'legacy',
      connectTimeout: 5_000,
      keepAlive: 60_000,
      connectionName: 'web',
    });
  });

  it('passes on the options of the string', () => {
    expect(
      optionsOf('host:7000,user=u,password=p,defaultDatabase=2,protocol=3,connectTimeout=100,keepAlive=5'),
    ).toMatchObject({
      port: 7000,
      username: 'u',
      password: 'p',
      db: 2,
      protocol: 3,
      connectTimeout: 100,
      keepAlive: 5_000,
    });
  });

  it('reaches a unix socket by its path', () => {
    const options = optionsOf('!/run/redis.sock');

    expect(options.path).toBe('/run/redis.sock');
    expect(options).not.toHaveProperty('host');
    expect(options).not.toHaveProperty('port');
  });

  describe('the name of the connection', () => {
    it('is that of the machine by default', () => {
      expect(optionsOf('host').connectionName).toBe(hostname().replaceAll(/[^!-~]/g, ''));
    });

    it('has only what CLIENT SETNAME takes', () => {
      expect(optionsOf('host,name=web ünit 1').connectionName).toBe('webnit1');
    });

    it('is left out when nothing of it remains', () => {
      expect(optionsOf('host,name=ü')).not.toHaveProperty('connectionName');
    });
  });

  describe('TLS', () => {
    it('is left out without TLS', () => {
      expect(optionsOf('host,sslHost=a')).not.toHaveProperty('tls');
    });

    it('leaves out the name of the server, which is added for each connection', () => {
      expect(optionsOf('shop.example,ssl=true').tls).toEqual({});
    });

    it('has the name sslHost and the versions of sslProtocols', () => {
      expect(optionsOf('10.0.0.7,ssl=true,sslHost=shop.example,sslProtocols=tls12|tls13').tls).toEqual({
        servername: 'shop.example',
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
      });
    });

    it('works over a unix socket', () => {
      expect(optionsOf('!/run/redis.sock,ssl=true').tls).toEqual({});
    });
  });

  describe('with sentinels', () => {
    it('gives ioredis the sentinels, with their own credentials', () => {
      const options = optionsOf('a,b:1,serviceName=main,user=u,password=p,sentinelUser=su,sentinelPassword=sp');

      expect(options).toMatchObject({
        sentinels: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 1 },
        ],
        name: 'main',
        username: 'u',
        password: 'p',
        sentinelUsername: 'su',
        sentinelPassword: 'sp',
      });
      expect(options).not.toHaveProperty('host');
      expect(options).not.toHaveProperty('enableTLSForSentinelMode');
    });

    it('speaks TLS with them and with the primary, each under its own name', () => {
      expect(optionsOf('a,serviceName=main,ssl=true')).toMatchObject({
        tls: {},
        sentinelTLS: {},
        enableTLSForSentinelMode: true,
      });
      expect(optionsOf('a,serviceName=main,ssl=true').tls).not.toHaveProperty('servername');
    });

    it('expects sslHost in the certificates of all of them', () => {
      expect(optionsOf('a,serviceName=main,ssl=true,sslHost=shop.example')).toMatchObject({
        tls: { servername: 'shop.example' },
        sentinelTLS: { servername: 'shop.example' },
      });
    });
  });

  it('leaves out the address for a cluster, where it is added for each connection', () => {
    const options = optionsOf('a,b,password=p');

    expect(options.password).toBe('p');
    expect(options).not.toHaveProperty('host');
    expect(options).not.toHaveProperty('sentinels');
  });

  it.each(['host', '!/run/redis.sock', 'a,b,serviceName=main', 'host,ssl=true'])(
    'gives what ioredis takes for %s',
    (text) => {
      const redis = new Redis({ ...optionsOf(text), lazyConnect: true });

      expect(redis.options).toMatchObject({ protocol: 2, keepAlive: 60_000, connectTimeout: 5_000 });
      redis.disconnect();
    },
  );
});
