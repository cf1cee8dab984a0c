import { describe, expect, it } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';
import { deferred } from '../../../../../test/support/common/deferred.js';
import type { Region } from '../region.js';

async function products(): Promise<Region<string>> {
  const { a } = await instances(1).connected();
  return a.region<string>('products');
}

describe('a load', () => {
  it('is shared by all concurrent reads of the key', async () => {
    const region = await products();
    const asked = deferred<string>();
    let loads = 0;
    const load = (): Promise<string> => {
      loads += 1;
      return asked.promise;
    };
    const readers = [1, 2, 3].map(() => region.getOrLoad('42', load));
    asked.resolve('chair');
    await expect(Promise.all(readers)).resolves.toEqual(['chair', 'chair', 'chair']);
    await expect(region.getOrLoad('42', load)).resolves.toBe('chair');
    expect(loads).toBe(1);
  });

  it('of one key has nothing to do with another key or region', async () => {
    const { a } = await instances(1).connected();
    void a.region('r').getOrLoad('1', () => new Promise(() => {}));
    await expect(a.region('r').getOrLoad('2', () => 'two')).resolves.toBe('two');
    await expect(a.region('other').getOrLoad('1', () => 'one')).resolves.toBe('one');
  });

  it('calls its loader synchronously', async () => {
    const region = await products();
    let hasBegun = false;
    void region.getOrLoad('42', () => {
      hasBegun = true;
      return 'chair';
    });
    expect(hasBegun).toBe(true);
  });

  it('may give its value without a promise', async () => {
    const region = await products();
    await expect(region.getOrLoad('42', () => 'chair')).resolves.toBe('chair');
  });

  it('takes the value of a native promise whose own then is no use, as await does', async () => {
    const region = await products();
    const given = Promise.resolve('chair');
    const own = 'then';
    Reflect.set(given, own, () => undefined);
    await expect(region.getOrLoad('42', () => given)).resolves.toBe('chair');
  });
});

describe('an error of the loader', () => {
  it('rejects for every joined caller, none of whom tries again', async () => {
    const region = await products();
    const asked = deferred<string>();
    let loads = 0;
    const readers = [1, 2, 3].map(() =>
      region.getOrLoad('42', () => {
        loads += 1;
        return asked.promise;
      }),
    );
    const failure = new Error('the database is away');
    asked.reject(failure);
    const outcomes = await Promise.allSettled(readers);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason === failure)).toEqual([
      true,
      true,
      true,
    ]);
    expect(loads).toBe(1);
  });

  it('is never cached', async () => {
    const region = await products();
    await expect(region.getOrLoad('42', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await expect(region.getOrLoad('42', () => 'back')).resolves.toBe('back');
  });

  it('that is thrown synchronously leaves the key loadable', async () => {
    const region = await products();
    const broken = (): string => {
      throw new Error('thrown, not rejected');
    };
    await expect(region.getOrLoad('42', broken)).rejects.toThrow('thrown, not rejected');
    await expect(region.getOrLoad('42', () => 'back')).resolves.toBe('back');
  });

  it('is passed on unchanged, also when it is no Error', async () => {
    const region = await products();
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    await expect(region.getOrLoad('42', () => Promise.reject('text'))).rejects.toBe('text');
  });

  it('is counted, and emitted as an event', async () => {
    const { a, clock } = await instances(1).connected();
    const failure = new Error('away');
    const asked = deferred<string>();
    const told: unknown[] = [];
    a.on('loadError', (event) => told.push(event));
    const reader = a.region('r').getOrLoad('1', () => asked.promise);
    await clock.advance(70);
    asked.reject(failure);
    await expect(reader).rejects.toBe(failure);
    expect(told).toEqual([{ region: 'r', key: '1', duration: 70, error: failure }]);
    expect(a.stats().regions['r']).toMatchObject({ loads: 1, loadErrors: 1, entries: 0 });
  });
});

describe('three fenced loads of one key in a row', () => {
  it('make later readers share the next load, which begins when the last of the three is done', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<string>('products');
    const asked = Array.from({ length: 5 }, () => deferred<string>());
    let loads = 0;
    const read = (): Promise<string> =>
      region.getOrLoad('42', () => {
        loads += 1;
        return asked[loads - 1]?.promise ?? 'unexpected';
      });
    const overtaken: Promise<string>[] = [];
    for (let times = 0; times < 3; times += 1) {
      overtaken.push(read());
      await region.evict('42');
    }
    expect(loads).toBe(3);

    const first = read();
    await region.evict('42');
    const second = read();
    expect(loads).toBe(3);

    asked[2]?.resolve('third');
    await overtaken[2];
    await Promise.resolve();
    expect(loads).toBe(4);
    asked[3]?.resolve('fourth');
    await expect(Promise.all([first, second])).resolves.toEqual(['fourth', 'fourth']);
    expect(region.getSync('42')).toBe('fourth');
  });

  it('delay later readers by a second at most when one of them hangs', async () => {
    const { a, clock } = await instances(1).connected();
    const region = a.region<string>('products');
    for (let times = 0; times < 3; times += 1) {
      void region.getOrLoad('42', () => new Promise<string>(() => {}));
      await region.evict('42');
    }
    const reader = region.getOrLoad('42', () => 'at last');
    await clock.advance('1s');
    await expect(reader).resolves.toBe('at last');
  });

  it('delay a bulk load too, with a fence that begins before its loader', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<string>('products');
    const last = deferred<string>();
    for (let times = 0; times < 3; times += 1) {
      void region.getOrLoad('42', () => last.promise);
      await region.evict('42');
    }
    const bulk = deferred<Map<string, string>>();
    let hasBegun = false;
    const reader = region.getOrLoadMany(['42', '43'], () => {
      hasBegun = true;
      return bulk.promise;
    });
    await Promise.resolve();
    expect(hasBegun).toBe(false);

    last.resolve('overtaken');
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasBegun).toBe(true);
    await region.evict('42');
    bulk.resolve(
      new Map([
        ['42', 'stale'],
        ['43', 'fresh'],
      ]),
    );
    await reader;
    expect(region.getSync('42')).toBeUndefined();
    expect(region.getSync('43')).toBe('fresh');
  });
});
