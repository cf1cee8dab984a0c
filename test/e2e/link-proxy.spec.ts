import { Redis } from 'ioredis';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LinkProxy } from '../../tools/link-proxy.mjs';
import { isListening } from '../../tools/ports.mjs';
import { eventually } from '../support/common/eventually.js';
import { usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis();
let link: LinkProxy;
let client: Redis;

beforeEach(async () => {
  link = await LinkProxy.open(redis.port);
  client = new Redis(link.port, '127.0.0.1', { retryStrategy: () => 10, maxRetriesPerRequest: null });
  client.on('error', () => {});
  await client.ping();
  return async () => {
    client.disconnect();
    await link.close();
  };
});

describe('the link of an instance to Redis', () => {
  it('gives every byte both ways, also a large value', async () => {
    const large = 'x'.repeat(4_000_000);
    await client.set('large', large);
    expect(await client.get('large')).toBe(large);
  });

  it('holds bytes while it is paused, those of new connections too, and delivers them when it is healed', async () => {
    link.become('paused');
    const late = new Redis(link.port, '127.0.0.1', { maxRetriesPerRequest: null });
    onTestFinished(() => late.disconnect());
    const answers = Promise.all([client.incr('counter'), late.incr('counter')]);
    // Redis itself answers meanwhile, and has heard of nothing.
    expect(await redis.admin.get('counter')).toBeNull();
    expect(client.status).toBe('ready');

    link.become('open');
    expect((await answers).toSorted()).toEqual([1, 2]);
  });

  it('closes connections when it is cut, and refuses new ones until it is healed', async () => {
    let closed = 0;
    client.on('close', () => (closed += 1));
    link.become('cut');
    // The first is the connection that there was, the others are attempts.
    await eventually(() => expect(closed).toBeGreaterThan(3));

    link.become('open');
    expect(await client.ping()).toBe('PONG');
  });

  it('carries nothing of the connections that it has lost and tells neither end, while new ones work', async () => {
    link.loseConnections();
    const lost = client.incr('heard');
    const late = new Redis(link.port, '127.0.0.1', { maxRetriesPerRequest: null });
    onTestFinished(() => late.disconnect());
    expect(await late.incr('heard')).toBe(1);
    expect(client.status).toBe('ready');
    expect(await redis.admin.get('heard')).toBe('1');
    client.disconnect();
    await expect(lost).rejects.toThrow('Connection is closed');
  });

  it('closes its port and its connections at the end, also while it is paused', async () => {
    const gone = new Promise((resolve) => client.once('close', resolve));
    link.become('paused');
    await link.close();
    await gone;
    expect(await isListening(link.port)).toBe(false);
    link = await LinkProxy.open(redis.port);
  });
});
