import { tracingChannel } from 'node:diagnostics_channel';
import { trace } from '@opentelemetry/api';
import * as ioredis from 'ioredis';
import * as ioredis5 from 'ioredis-5';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unsafeCast } from '../../libs/distributed-cache/src/common/unsafe-cast.js';
import { eventually } from '../support/common/eventually.js';
import { Traced, type TracingOptions } from '../support/common/traced.js';
import { untilCoherent } from '../support/instances/copies.js';
import { useCache } from '../support/instances/busy-shop.js';
import { instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

const KEY = 'evicted-key';

const redis = usingRedis();

describe.each([
  ['ioredis 6', ioredis.Redis],
  ['ioredis 5', unsafeCast<typeof ioredis.Redis>(ioredis5.Redis)],
])('the cache in an application that traces %s', (_, Redis) => {
  /** Boots, uses, loses and closes two instances, in a span or in none, and resolves with what was traced. */
  async function tracedLife(span: string | undefined, options?: TracingOptions): Promise<Traced> {
    const application = new Redis({ host: '127.0.0.1', port: redis.port, lazyConnect: true });
    await application.connect();
    const traced = Traced.begin(Redis, options);
    const live = async (): Promise<void> => {
      // An instance that the young list of members may lack stops serving within a second.
      const shop = instances(2).on({ redis: application }).with({ maxStaleness: '1s', whenDisconnected: 'bypass' });
      const { a, b } = await shop.connected();
      await useCache(a, b, KEY);
      await application.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await eventually(() => expect(b.stats().bridge.reconnects).toBe(1));
      await untilCoherent(a, b);
      await useCache(a, b, KEY);
      // A link that the request has lost, and evictions that wait when the application closes.
      void a.region('products').evict(`${KEY}-last`);
      await shop.close();
      await application.get('asked by the application');
      application.disconnect();
    };
    await (span === undefined ? live() : traced.inSpan(span, live));
    return traced;
  }

  it('makes no span within a request, whose own commands make theirs', async () => {
    const traced = await tracedLife('request');
    expect(traced.names).toEqual(['CLIENT', 'get', 'request']);
    expect(traced.shown).toContain('asked by the application');
    expect(traced.shown).not.toContain(KEY);
  });

  it('makes no span outside of a request', async () => {
    expect((await tracedLife(undefined)).names).toEqual([]);
  });

  it('shows evicted keys in spans of their own with requireParentSpan: false', async () => {
    const traced = await tracedLife('request', { requireParentSpan: false });
    expect(traced.names).toContain('evalsha');
    expect(traced.shown).toContain(KEY);
  });

  it('shows no evicted key with requireParentSpan: false and a dbStatementSerializer that leaves the arguments out', async () => {
    const traced = await tracedLife('request', {
      requireParentSpan: false,
      dbStatementSerializer: (command) => command,
    });
    expect(traced.names).toContain('evalsha');
    expect(traced.shown).not.toContain(KEY);
  });

  it('is in no span for those who listen to the tracing channel of ioredis', async () => {
    const inSpan = new Map<string, boolean>();
    const listener = {
      start: (message: unknown) => {
        const command = Object(message).command;
        inSpan.set(String(command), inSpan.get(String(command)) || trace.getActiveSpan() !== undefined);
      },
    };
    const channel = tracingChannel('ioredis:command');
    channel.start.subscribe(listener.start);
    onTestFinished(() => {
      channel.start.unsubscribe(listener.start);
    });
    await tracedLife('request');
    expect(inSpan.get('get')).toBe(true);
    expect(inSpan.get('evalsha')).toBe(false);
    expect([...inSpan].filter(([, isInSpan]) => isInSpan).map(([name]) => name)).toEqual(['CLIENT', 'get']);
  });
});
