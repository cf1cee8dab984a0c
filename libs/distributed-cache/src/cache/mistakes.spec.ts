import { describe, expect, it } from 'vitest';
import { cacheSettings } from '../../../../test/support/instances/cache-settings.js';
import { instances } from '../../../../test/support/instances/instances.js';
import type { Evicted } from '../coherence/publish/evicted.js';
import { encodeNoOp } from '../protocol/invalidation-message.js';
import { DistributedCacheError, InvalidationNotDeliveredError, InvalidOptionsError } from '../errors.js';
import { DistributedCache } from './distributed-cache.js';

function codeOf(error: unknown): unknown {
  return error instanceof DistributedCacheError ? error.code : error;
}

/** What structuredClone refuses. */
const uncloneable = { price: (): number => 1 };

describe('a mistake of the application:', () => {
  it.each<[string, () => number]>([
    ['gives NaN', () => Number.NaN],
    ['gives a negative number', () => -1],
    [
      'throws',
      () => {
        throw new RangeError('secret value');
      },
    ],
  ])('a sizeOf that %s keeps that value out, says so once, and leaves the bound in force', async (_what, sizeOf) => {
    const together = instances(1).with({ maxSize: 10, sizeOf: (value) => (value === 'bad' ? sizeOf() : 4) });
    const { a, log } = await together.connected();
    const region = a.region('products');
    expect(await region.getOrLoad('1', () => 'bad')).toBe('bad');
    expect(await region.getOrLoad('1', () => 'bad')).toBe('bad');
    expect(region.getSync('1')).toBeUndefined();
    await a.cacheManager.set('1', 'good');
    await a.cacheManager.set('1', 'bad');
    expect(await a.cacheManager.get('1')).toBeUndefined();
    expect(log.at('error')).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain('secret value');

    for (const key of ['2', '3', '4']) await region.getOrLoad(key, () => 'good');
    expect(a.stats().regions['products']?.entries).toBe(2);
  });

  it('a value that cannot be cloned rejects, without an unhandled rejection', async () => {
    const { a } = instances(1).with({ values: 'cloned', onUndelivered: 'throw' }).local();
    const region = a.region('products');
    const { a: cut } = instances(1).with({ values: 'cloned', onUndelivered: 'throw' });
    await expect(region.getOrLoad('1', () => uncloneable)).rejects.toThrow(InvalidOptionsError);
    await expect(region.set('1', uncloneable)).rejects.toThrow(InvalidOptionsError);
    await expect(region.update('1', () => uncloneable)).rejects.toThrow(InvalidOptionsError);
    // Never started: its deliveries fail as well.
    await expect(cut.region('products').set('1', uncloneable)).rejects.toThrow(InvalidationNotDeliveredError);
    await expect(cut.region('products').update('1', () => uncloneable)).rejects.toThrow(InvalidationNotDeliveredError);
  });
});

describe('a logger that throws at debug', () => {
  it('fails neither a read nor a put', async () => {
    const debug = (): void => {
      throw new Error('broken logger');
    };
    const logger = { log() {}, warn() {}, error() {}, debug, isDebugEnabled: () => true };
    const cache = new DistributedCache(cacheSettings(), { logger });
    cache.start();
    const region = cache.region<number>('products');

    await expect(region.getOrLoad('1', () => 1)).resolves.toBe(1);
    await expect(region.getOrLoadMany([2], (ids) => ids, { idOf: 'position' })).resolves.toEqual(new Map([[2, 2]]));
    await expect(region.update('3', () => 3)).resolves.toBe(3);
    expect(['1', '2', '3'].map((key) => region.getSync(key))).toEqual([1, 2, 3]);
  });
});

describe('a listener that fails', () => {
  it.each<[string, () => unknown]>([
    [
      'by throwing',
      () => {
        throw new Error('broken listener');
      },
    ],
    ['by a promise that nobody hears', () => Promise.reject(new Error('broken listener'))],
  ])('%s breaks no read and is logged', async (_how, fail) => {
    const { a, log, clock } = await instances(1).connected();
    a.on('miss', fail);
    expect(await a.region('products').getOrLoad('1', () => 'chair')).toBe('chair');
    await clock.advance(0);
    expect(log.at('error')).toHaveLength(1);
  });
});

describe('an application', () => {
  it('may destructure the context of a loader', async () => {
    const { a, clock } = await instances(1).connected();
    const region = a.region('products');
    const load = (): Promise<unknown> =>
      region.getOrLoad('1', ({ setTtl, setTags }) => {
        setTtl('1s');
        setTags(['chairs']);
        return 'chair';
      });
    await load();
    await a.evictTags('chairs');
    expect(region.getSync('1')).toBeUndefined();
    await load();
    await clock.advance('1s');
    expect(region.getSync('1')).toBeUndefined();

    await region.getOrLoad('2', ({ skip }) => skip());
    expect(region.getSync('2')).toBeUndefined();
  });

  it('gets the key in a loader as it was given, however long', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<string>('products');
    const long = 'x'.repeat(1_000);
    expect(await region.getOrLoad(long, ({ key }) => key)).toBe(long);
    expect(await region.getOrLoad(42, ({ key }) => key)).toBe('42');
  });

  it('gets the same rejection for evictions of one tick that the server refuses; they wait in the outbox', async () => {
    const { a, bridge, clock } = await instances(1).with({ onUndelivered: 'throw' }).connected();
    bridge.refuse('retry');
    const outcome = (evicted: Promise<Evicted>): Promise<unknown> => evicted.then(() => 'resolved').catch(codeOf);
    const first = outcome(a.region('products').evict('1'));
    await Promise.resolve();
    const second = outcome(a.region('products').evict('2'));
    await clock.advance('2s');
    expect([await first, await second]).toEqual(['INVALIDATION_NOT_DELIVERED', 'INVALIDATION_NOT_DELIVERED']);
    expect(a.status().outbox).toBe(2);
  });

  it('gets the result of the method in the error of an update whose delivery failed', async () => {
    const { a } = instances(1).with({ onUndelivered: 'throw' });
    const updating = a.region('products').update('1', () => 'new');
    await expect(updating).rejects.toMatchObject({ code: 'INVALIDATION_NOT_DELIVERED', result: 'new' });
  });
});

describe('the entry that gives an empty log something to hold', () => {
  it('is neither counted as received nor emitted as an invalidation', async () => {
    const together = instances(2);
    const { a, bridge, clock } = await together.connected();
    const heard: unknown[] = [];
    a.on('invalidation', (event) => heard.push(event));
    bridge.publishPlain('shop', encodeNoOp('another', 'random'));
    await clock.advance(0);
    expect(heard).toEqual([]);
    expect(a.stats().bridge.received).toBe(0);
  });
});
