import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { instances } from '../../../../test/support/instances/instances.js';
import { failureOf } from '../../../../test/support/common/failure-of.js';
import type { DistributedCache } from './distributed-cache.js';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const SECRET = 'a value that nobody but the reader may see';

/** What happens on the channels of an operation, as `event` and a copy of the context. */
function courseOf(operation: string): [event: string, context: Record<string, unknown>][] {
  const course: [string, Record<string, unknown>][] = [];
  const events = ['start', 'end', 'error', 'asyncStart', 'asyncEnd'] as const;
  for (const event of events) {
    const name = `tracing:nestjs-distributed-cache:${operation}:${event}`;
    const listener = (message: unknown): void => void course.push([event, { ...Object(message) }]);
    subscribe(name, listener);
    onTestFinished(() => void unsubscribe(name, listener));
  }
  return course;
}

function identityOf(cache: DistributedCache): { namespace: string; instanceId: string } {
  const { namespace, instanceId } = cache.status();
  return { namespace, instanceId };
}

describe('the channel of loads', () => {
  it('tells the start and the end of each call of a loader, and never its value', async () => {
    const { a } = await instances(1).connected();
    const course = courseOf('load');
    await a.region('r').getOrLoad('1', () => SECRET);
    await a.region('r').getOrLoad('1', () => SECRET);
    const context = { ...identityOf(a), region: 'r', key: '1' };
    expect(course).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'].map((event) => [event, context]));
  });

  it('tells the error of a loader, also one that is thrown at once', async () => {
    const { a } = await instances(1).connected();
    const course = courseOf('load');
    const error = new Error('away');
    await failureOf(
      a.region('r').getOrLoad('1', () => {
        throw error;
      }),
    );
    expect(course.map(([event]) => event)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(course[2]?.[1]).toMatchObject({ error });
  });

  it('runs the loader in the store that a tracer binds to the start', async () => {
    const { a } = await instances(1).connected();
    const spans = new AsyncLocalStorage<string>();
    const { start } = tracingChannel<string, { readonly key: string }>('nestjs-distributed-cache:load');
    start.bindStore(spans, ({ key }) => `span of ${key}`);
    onTestFinished(() => void start.unbindStore(spans));
    await expect(a.region('r').getOrLoad('1', async () => spans.getStore())).resolves.toBe('span of 1');
  });

  it('tells of a load that runs in the background', async () => {
    const { a, clock } = await instances(1).connected();
    const region = a.region('r');
    const options = { ttl: '10s', staleWhileRevalidate: '1m' } as const;
    await region.getOrLoad('1', () => 1, options);
    await clock.advance('11s');
    const course = courseOf('load');
    await region.getOrLoad('1', () => 2, options);
    expect(course.map(([event]) => event)).toContain('start');
  });
});

describe('the channel of bulk loads', () => {
  it('tells how many ids the loader was asked for', async () => {
    const { a } = await instances(1).connected();
    const single = courseOf('load');
    const course = courseOf('load-many');
    await a.region('r').getOrLoadMany(['1', '2', '3'], (ids) => new Map(ids.map((id) => [id, SECRET])));
    const context = { ...identityOf(a), region: 'r', ids: 3 };
    expect(course).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'].map((event) => [event, context]));
    expect(single).toEqual([]);
  });
});

describe('the channel of puts', () => {
  it('tells what a method has written, and what an invalidation has overtaken', async () => {
    const { a } = await instances(1).connected();
    const region = a.region('r');
    const course = courseOf('put');
    await region.update('1', async () => {
      await region.evict('1');
      return SECRET;
    });
    expect(course.at(-1)).toEqual(['asyncEnd', { ...identityOf(a), regions: ['r'], entries: 1, fenced: 1 }]);
  });

  it('tells of a value that is set', async () => {
    const { a } = await instances(1).connected();
    const course = courseOf('put');
    await a.region('r').set('1', SECRET);
    expect(course.at(-1)).toEqual(['asyncEnd', { ...identityOf(a), regions: ['r'], entries: 1 }]);
  });
});

describe('the channel of evictions', () => {
  it('tells what is evicted, in counts, and the outcome', async () => {
    const { a } = await instances(2).connected();
    const course = courseOf('evict');
    await a.region('r').evictMany(['1', '2'], { everywhere: { timeout: '30s' } });
    const context = { ...identityOf(a), regions: ['r'], keys: 2, tags: 0, everything: false, everywhere: true };
    expect(course[0]).toEqual(['start', context]);
    expect(course.at(-1)).toEqual(['asyncEnd', { ...context, delivered: true, instances: expect.any(Number) }]);
  });

  it('tells that an eviction waits for Redis', async () => {
    const { a, bridge, clock } = await instances(2).connected();
    bridge.cut(a);
    await clock.advance('30s');
    const course = courseOf('evict');
    await a.evictTags(['t']);
    expect(course.at(-1)).toMatchObject(['asyncEnd', { tags: 1, delivered: false }]);
  });

  it('evicts at once, as without listeners', async () => {
    const { a } = await instances(1).connected();
    await a.region('r').set('1', 1);
    courseOf('evict');
    void a.region('r').evict('1');
    expect(a.region('r').getSync('1')).toBeUndefined();
  });
});

describe('the channel of syncs', () => {
  it('tells of each sync', async () => {
    const { a, clock } = await instances(1).connected();
    const course = courseOf('sync');
    await clock.advance('10s');
    expect(course[0]).toEqual(['start', identityOf(a)]);
    expect(course).toContainEqual(['asyncEnd', { ...identityOf(a), missed: 0 }]);
  });
});

describe('the channel of invalidations', () => {
  /** What the channel tells of those that `cache` receives. */
  function receivedBy(cache: DistributedCache): Record<string, unknown>[] {
    const received: Record<string, unknown>[] = [];
    const listener = (message: unknown): void => {
      const trace: Record<string, unknown> = Object(message);
      if (trace['instanceId'] === cache.status().instanceId) received.push(trace);
    };
    const invalidations = channel('nestjs-distributed-cache:invalidation');
    invalidations.subscribe(listener);
    onTestFinished(() => invalidations.unsubscribe(listener));
    return received;
  }

  /** A tracer that gives each eviction the same trace context. */
  function traceEvictions(traceparent: unknown = TRACEPARENT): void {
    const name = 'tracing:nestjs-distributed-cache:evict:start';
    const listener = (message: unknown): void => void Reflect.set(Object(message), 'traceparent', traceparent);
    subscribe(name, listener);
    onTestFinished(() => void unsubscribe(name, listener));
  }

  it('tells what another instance has evicted, with the trace context of the eviction when tracePropagation is set', async () => {
    const { a, b, clock } = await instances(2)
      .with({ observability: { tracePropagation: true } })
      .connected();
    traceEvictions();
    const received = receivedBy(b);
    await a.region('r').evict('1');
    await clock.advance(0);
    expect(received).toEqual([
      {
        ...identityOf(b),
        from: a.status().instanceId,
        invalidation: expect.objectContaining({ keys: new Map([['r', new Set(['1'])]]) }),
        traceparent: TRACEPARENT,
      },
    ]);
  });

  it('tells no trace context by default', async () => {
    const { a, b, clock } = await instances(2).connected();
    traceEvictions();
    const received = receivedBy(b);
    await a.region('r').evict('1');
    await clock.advance(0);
    expect(received).toMatchObject([{ traceparent: undefined }]);
  });

  it.each([[1n], ['x'.repeat(100_000)], [{}]])(
    'is told of an eviction whose trace context is none: %o',
    async (given) => {
      const { a, b, clock } = await instances(2)
        .with({ observability: { tracePropagation: true } })
        .connected();
      traceEvictions(given);
      const received = receivedBy(b);
      await a.region('r').evict('1');
      await clock.advance(0);
      expect(received).toMatchObject([{ traceparent: undefined }]);
      expect(a.status().outbox).toBe(0);
    },
  );

  it('tells the trace context of an eviction that had to wait for Redis', async () => {
    const { a, b, bridge, clock } = await instances(2)
      .with({ observability: { tracePropagation: true } })
      .connected();
    traceEvictions();
    const received = receivedBy(b);
    bridge.cut(a);
    await clock.advance('3s');
    await a.region('r').evict('1');
    bridge.heal(a);
    await clock.advance('5s');
    expect(received).toMatchObject([{ traceparent: TRACEPARENT }]);
  });
});
