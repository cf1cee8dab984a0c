import { describe, expect, it } from 'vitest';
import { instances, LONGEST_BACK_OFF } from '../../../../../test/support/instances/instances.js';
import type { DistributedCache } from '../distributed-cache.js';
import type { PutEntry } from './put.js';
import { deferred } from '../../../../../test/support/common/deferred.js';

function entry(cache: DistributedCache, key: string): PutEntry {
  return { region: cache.region('r').state, key, ttl: undefined, tags: [], isStored: true, where: 'here' };
}

describe('a put', () => {
  it('stores the result of its method and evicts in every other instance', async () => {
    const { a, b, clock } = await instances(2).connected();
    await b.region('r').getOrLoad('1', () => 'v1');
    await expect(a.region('r').update('1', async () => 'v2')).resolves.toBe('v2');
    await clock.advance(0);
    expect(a.region('r').getSync('1')).toBe('v2');
    expect(b.region('r').getSync('1')).toBeUndefined();
    expect(a.stats().bridge.published).toBe(1);
  });

  it('is stored with its tags and its time to live', async () => {
    const { a, clock } = await instances(1).connected();
    await a.region('r').update('1', () => 'v2', { ttl: '1s', tags: 'sale' });
    await a.region('r').update('2', () => 'v2', { ttl: '1s' });
    await a.evictTags('sale');
    expect(a.region('r').getSync('1')).toBeUndefined();
    await clock.advance('1s');
    expect(a.region('r').getSync('2')).toBeUndefined();
  });

  it('whose method fails changes and publishes nothing', async () => {
    const { a, b, clock } = await instances(2).connected();
    for (const instance of [a, b]) await instance.region('r').getOrLoad('1', () => 'v1');
    await expect(a.region('r').update('1', () => Promise.reject(new Error('constraint')))).rejects.toThrow(
      'constraint',
    );
    await clock.advance(0);
    expect([a, b].map((instance) => instance.region('r').getSync('1'))).toEqual(['v1', 'v1']);
    expect(a.stats().bridge.published).toBe(0);
  });

  it('whose method throws synchronously rejects', async () => {
    const { a } = await instances(1).connected();
    const broken = (): never => {
      throw new Error('thrown');
    };
    await expect(a.region('r').update('1', broken)).rejects.toThrow('thrown');
  });
});

describe('the fence of a put', () => {
  it('covers what a listener evicts when it hears of the put', async () => {
    const { a } = await instances(1).connected();
    const stop = a.on('evict', () => {
      stop();
      void a.evictTags('sale');
    });
    await a.region('r').update('1', () => 'v2', { tags: 'sale' });
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('covers what sizeOf evicts', async () => {
    const { a } = await instances(1)
      .with({ maxSize: 10, sizeOf: () => (void a.evictTags('sale'), 1) })
      .connected();
    await a.region('r').update('1', () => 'v2', { tags: 'sale' });
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('covers what sizeOf evicts while a value is set', async () => {
    const { a } = await instances(1)
      .with({ maxSize: 10, sizeOf: () => (void a.region('r').evict('1'), 1) })
      .connected();
    await a.region('r').set('1', 'v2');
    expect(a.region('r').getSync('1')).toBeUndefined();
    await a.cacheManager.set('1', 'v2');
    expect(a.region('default').getSync('1')).toBe('v2');
  });

  it('covers what a listener of a stored value evicts: another entry of the same put', async () => {
    const { a } = await instances(1).connected();
    const stop = a.on('store', () => {
      stop();
      void a.region('r').clear();
    });
    await a.runPut(
      () => 'v2',
      () => ({ entries: ['1', '2'].map((key) => entry(a, key)) }),
    );
    expect(a.stats().regions['r']).toMatchObject({ entries: 0 });
  });

  it('is registered when its method starts: A commits v2, B commits v3 and publishes, A must not store v2', async () => {
    const { a, b, clock } = await instances(2).connected();
    const onItsWayBack = deferred<string>();
    const put = a.region('r').update('1', () => onItsWayBack.promise);
    await b.region('r').update('1', () => 'v3');
    await clock.advance(0);
    onItsWayBack.resolve('v2');

    await expect(put).resolves.toBe('v2');
    expect(a.region('r').getSync('1')).toBeUndefined();
    expect(a.stats().regions['r']).toMatchObject({ fenced: 1 });
  });

  it('does not keep it from being published', async () => {
    const { a, b, clock } = await instances(2).connected();
    const onItsWayBack = deferred<string>();
    const put = a.region('r').update('1', () => onItsWayBack.promise);
    await b.region('r').update('1', () => 'v3');
    await clock.advance(0);
    onItsWayBack.resolve('v2');
    await put;
    await clock.advance(0);
    expect(b.region('r').getSync('1')).toBeUndefined();
  });

  it('fences the other puts of the key that run on this instance', async () => {
    const { a } = await instances(1).connected();
    const slow = deferred<string>();
    const first = a.region('r').update('1', () => slow.promise);
    await a.region('r').update('1', () => 'v3');
    slow.resolve('v2');
    await first;
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('fences the loads of the key that run on this instance', async () => {
    const { a } = await instances(1).connected();
    const asked = deferred<string>();
    const reader = a.region<string>('r').getOrLoad('1', () => asked.promise);
    await a.region<string>('r').update('1', () => 'v2');
    asked.resolve('v1');
    await reader;
    expect(a.region('r').getSync('1')).toBe('v2');
  });

  it('does not fence itself, nor puts and loads of other keys', async () => {
    const { a } = await instances(1).connected();
    const slow = deferred<string>();
    const asked = deferred<string>();
    const put = a.region('r').update('1', () => slow.promise);
    const reader = a.region<string>('r').getOrLoad('2', () => asked.promise);
    await a.region('r').update('3', () => 'other');
    slow.resolve('one');
    asked.resolve('two');
    await Promise.all([put, reader]);
    expect(['1', '2', '3'].map((key) => a.region('r').getSync(key))).toEqual(['one', 'two', 'other']);
  });

  it('notices invalidations of its tags', async () => {
    const { a } = await instances(1).connected();
    const slow = deferred<string>();
    const put = a.region('r').update('1', () => slow.promise, { tags: 'sale' });
    await a.evictTags('sale');
    slow.resolve('overtaken');
    await put;
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('notices a flush', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    const slow = deferred<string>();
    const put = a.region('r').update('1', () => slow.promise);
    bridge.restart();
    await clock.advance(LONGEST_BACK_OFF);
    slow.resolve('overtaken');
    await put;
    expect(a.region('r').getSync('1')).toBeUndefined();
  });
});

describe('an entry of a put', () => {
  it('is dropped by every later message of a peer, whatever its id: the order of the log is not the order of commits', async () => {
    const { a, b, bridge, clock } = await instances(2).connected();
    bridge.delay(50);
    await b.region('r').evict('1');
    await a.region('r').update('1', () => 'stored after, published after');
    expect(a.region('r').getSync('1')).toBeDefined();
    await clock.advance(50);
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('made by set() is not fenced by earlier messages: its caller states that it is true now', async () => {
    const { a } = await instances(1).connected();
    void a.region('r').evict('1');
    void a.region('r').set('1', 'true now');
    expect(a.region('r').getSync('1')).toBe('true now');
  });
});
