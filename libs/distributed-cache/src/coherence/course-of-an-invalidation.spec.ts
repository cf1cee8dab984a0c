import { describe, expect, it } from 'vitest';
import { key, publishing } from '../../../../test/support/bridges/publishing.js';
import { RecordedLogger, type LogLine } from '../../../../test/support/instances/recorded-logger.js';
import { DistributedCache } from '../cache/distributed-cache.js';
import { Operations } from '../common/operations.js';
import { resolveSettings } from '../module/options/resolve-settings.js';
import { BridgeRefusal } from '../protocol/invalidation-bridge.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';

interface Instance {
  readonly cache: DistributedCache;
  readonly log: RecordedLogger;
}

async function two(): Promise<{ a: Instance; b: Instance; bridge: InMemoryInvalidationBridge; clock: ManualClock }> {
  const clock = new ManualClock();
  const bridge = new InMemoryInvalidationBridge({ clock });
  const instance = (): Instance => {
    const log = new RecordedLogger({ isDebugEnabled: true });
    const cache = new DistributedCache(resolveSettings({ bridge }), { clock, logger: log });
    cache.start(bridge);
    return { cache, log };
  };
  const [a, b] = [instance(), instance()];
  await clock.advance(0);
  return { a, b, bridge, clock };
}

function linesOf(log: RecordedLogger): object[] {
  return log.at('debug').map(({ message, parameters }: LogLine) => ({ message, ...parameters }));
}

describe('The course of an invalidation', () => {
  it('is logged from the eviction to the log, and from there under the id of its entry by every instance', async () => {
    const { a, b, clock } = await two();
    await a.cache.region('products').evictMany(['42', '43']);
    await clock.advance(0);

    const id = a.cache.status().position;
    expect(id).toBeDefined();
    const keys = { products: 2 };
    expect(linesOf(a.log)).toEqual([
      { message: 'Invalidation published', operation: 'invalidation-1', keys },
      { message: 'Invalidation sent', operation: 'invalidation-1', number: 1, keys },
      { message: 'Invalidation accepted by the log', operation: 'invalidation-1', number: 1, id },
    ]);
    const from = a.cache.status().instanceId;
    expect(linesOf(b.log)).toEqual([
      { message: 'Invalidation received', operation: id, from },
      { message: 'Invalidation applied', operation: id, keys },
    ]);
  });

  it('ends with the acknowledgements where an eviction waits for every instance', async () => {
    const { a, b, clock } = await two();
    const evicted = a.cache.evictTags('category:7', { everywhere: true });
    await clock.advance(0);
    await evicted;

    expect(linesOf(b.log).at(-1)).toEqual({
      message: 'Invalidation acknowledged',
      operation: a.cache.status().position,
    });
    expect(linesOf(a.log)).toContainEqual({ message: 'Invalidation published', operation: 'invalidation-1', tags: 1 });
    expect(linesOf(a.log).at(-1)).toEqual({
      message: 'Invalidation confirmed everywhere',
      operation: 'invalidation-1',
      instances: 2,
      waited: 0,
    });
  });

  it('has a line when the outbox keeps it while the log is out of reach, and one when it is sent', async () => {
    const { a, bridge, clock } = await two();
    bridge.cut(a.cache);
    await clock.advance(0);
    await a.cache.region('products').clear();
    bridge.heal(a.cache);
    await clock.advance('2s');

    expect(linesOf(a.log)).toMatchObject([
      { message: 'Invalidation published', operation: 'invalidation-1', regions: ['products'] },
      { message: 'Invalidation postponed to the outbox', operation: 'invalidation-1', waiting: 1 },
      { message: 'Invalidation sent', operation: 'invalidation-1', number: 1 },
      { message: 'Invalidation accepted by the log', operation: 'invalidation-1', id: a.cache.status().position },
    ]);
  });

  it('has a line when it is republished to another server', async () => {
    const { a, b, bridge, clock } = await two();
    await a.cache.clear();
    bridge.restart({ lost: 1 });
    await clock.advance('2s');

    expect(linesOf(a.log)).toContainEqual({
      message: 'Invalidations published again',
      operation: 'invalidation-2',
      everything: true,
    });
    expect(linesOf(b.log).at(-1)).toMatchObject({ message: 'Invalidation applied', everything: true });
  });

  it('is logged by the receiver as unlogged where the message is in no log', async () => {
    const { b, bridge, clock } = await two();
    bridge.publishPlain('distributed-cache', '{"v":1,"r":["products"]}');
    await clock.advance(0);
    expect(linesOf(b.log)).toEqual([
      { message: 'Invalidation received', operation: 'unlogged-1', from: '' },
      { message: 'Invalidation applied', operation: 'unlogged-1', regions: ['products'] },
    ]);
  });

  it('never shows a key or a tag, and no more than ten regions', async () => {
    const { a, b, bridge, clock } = await two();
    await a.cache.region('people').evict('anna@shop.example');
    await a.cache.evictTags('patient:Anna');
    const regions = Array.from({ length: 1_000 }, (_, index) => `region ${index}`);
    bridge.publishPlain(
      'distributed-cache',
      JSON.stringify({ v: 1, r: regions, k: regions.map((name) => [name, 'k']) }),
    );
    await clock.advance(0);

    expect(JSON.stringify([linesOf(a.log), linesOf(b.log)])).not.toMatch(/anna/i);
    const last = linesOf(b.log).at(-1);
    expect(last).toHaveProperty('regions', regions.slice(0, 10));
    expect(Object.keys(Object(Reflect.get(last ?? {}, 'keys')))).toHaveLength(10);
  });

  it('has a line when a message was refused, with the id under which it is sent again', async () => {
    const log = new RecordedLogger({ isDebugEnabled: true });
    const { publisher, connected, clock, link } = publishing({}, new Operations(log));
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.reject(new BridgeRefusal('retry', 'OOM'));
    await clock.advance('1s');
    link.publishes[1]?.resolve('1-0');
    await clock.advance(0);

    expect(linesOf(log)).toMatchObject([
      { message: 'Invalidation published' },
      { message: 'Invalidation sent', number: 1 },
      { message: 'Invalidation refused', number: 1, remedy: 'retry' },
      { message: 'Invalidation back in the outbox', number: 1, sentAs: 'invalidation-1' },
      { message: 'Invalidation sent', operation: 'invalidation-1', number: 2 },
      { message: 'Invalidation accepted by the log', number: 2, id: '1-0' },
    ]);
  });

  it('has a line for messages that are sent again because the link was lost', async () => {
    const log = new RecordedLogger({ isDebugEnabled: true });
    const { publisher, connected, clock } = publishing({}, new Operations(log));
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    publisher.suspend();
    expect(linesOf(log).at(-1)).toMatchObject({
      message: 'Invalidation back in the outbox',
      number: 1,
      why: 'connection lost',
      sentAs: 'invalidation-1',
    });
  });
});
