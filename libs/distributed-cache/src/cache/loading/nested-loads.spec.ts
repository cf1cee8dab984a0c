import { describe, expect, it } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';
import { deferred } from '../../../../../test/support/common/deferred.js';
import type { Region } from '../region.js';

async function region(): Promise<Region<string>> {
  const { a } = await instances(1).connected();
  return a.region<string>('r');
}

describe('a load that reads its own key', () => {
  it('does not wait for itself: an override that calls its overridden method', async () => {
    const products = await region();
    const inherited = (): Promise<string> => products.getOrLoad('1', () => 'chair');
    const overriding = (): Promise<string> => products.getOrLoad('1', async () => `${await inherited()}, oak`);
    await expect(overriding()).resolves.toBe('chair, oak');
    expect(products.getSync('1')).toBe('chair, oak');
  });

  it('does not wait for itself through a load of another key', async () => {
    const products = await region();
    const one = (): Promise<string> =>
      products.getOrLoad('1', () => products.getOrLoad('2', () => products.getOrLoad('1', () => 'innermost')));
    await expect(one()).resolves.toBe('innermost');
  });

  it('does not wait for itself through a bulk load, nor the other way round', async () => {
    const products = await region();
    const loader = (ids: string[]): Promise<Map<string, string>> =>
      Promise.all(ids.map(async (id) => [id, await products.getOrLoad(id, () => `row ${id}`)] as const)).then(
        (rows) => new Map(rows),
      );
    await expect(products.getOrLoadMany(['1', '2'], loader)).resolves.toEqual(
      new Map([
        ['1', 'row 1'],
        ['2', 'row 2'],
      ]),
    );

    const nested = products.getOrLoad('3', async () => {
      const rows = await products.getOrLoadMany(['3', '4'], (ids) => ids.map((id) => [id, `row ${id}`] as const));
      return [...rows.values()].join(', ');
    });
    await expect(nested).resolves.toBe('row 3, row 4');
  });

  it('does not wait for itself in a put', async () => {
    const products = await region();
    const put = products.update('1', async () => {
      await products.update('1', () => 'inner');
      return products.getOrLoad('2', () => 'read within');
    });
    await expect(put).resolves.toBe('read within');
  });
});

describe('two loads that read each other', () => {
  it('do not wait for each other', async () => {
    const products = await region();
    const bothBegan = deferred<void>();
    const one = products.getOrLoad('1', async () => {
      await bothBegan.promise;
      return `1(${await products.getOrLoad('2', () => 'two')})`;
    });
    const two = products.getOrLoad('2', async () => {
      await bothBegan.promise;
      return `2(${await products.getOrLoad('1', () => 'one')})`;
    });
    bothBegan.resolve();
    await expect(Promise.all([one, two])).resolves.toEqual(['1(2(one))', '2(one)']);
  });

  it('do not wait for each other around a ring of three', async () => {
    const products = await region();
    const allBegan = deferred<void>();
    const load = (key: string, next: string): Promise<string> =>
      products.getOrLoad(key, async () => {
        await allBegan.promise;
        return `${key}${await products.getOrLoad(next, () => next)}`;
      });
    const ring = [load('1', '2'), load('2', '3'), load('3', '1')];
    allBegan.resolve();
    await expect(Promise.all(ring)).resolves.toEqual(['1231', '231', '31']);
  });

  it('do not wait for each other in bulk', async () => {
    const products = await region();
    const bothBegan = deferred<void>();
    const load = (id: string, next: string): Promise<Map<string, string>> =>
      products.getOrLoadMany([id], async () => {
        await bothBegan.promise;
        const other = await products.getOrLoadMany([next], () => new Map([[next, 'direct']]));
        return new Map([[id, `${id}(${other.get(next)})`]]);
      });
    const loads = [load('1', '2'), load('2', '1')];
    bothBegan.resolve();
    const [one] = await Promise.all(loads);
    expect(one?.get('1')).toBe('1(2(direct))');
  });
});

describe('a call that a loader does not await', () => {
  it('counts as outside of the load once the loader is done', async () => {
    const products = await region();
    const later = deferred<void>();
    let reading: Promise<string> | undefined;
    await products.getOrLoad('1', () => {
      reading = later.promise.then(() => products.getOrLoad('1', () => 'not asked: there is an entry'));
      return 'loaded';
    });
    await products.evict('1');
    const asked = deferred<string>();
    const again = products.getOrLoad('1', () => asked.promise);
    later.resolve();
    await Promise.resolve();
    asked.resolve('loaded again');
    await again;
    await expect(reading).resolves.toBe('loaded again');
  });
});

describe('a loader that starts the next load', () => {
  it('may leave it alone, in a chain of any length', async () => {
    const products = await region();
    const last = deferred<void>();
    const link = (number: number): Promise<string> =>
      products.getOrLoad(String(number), async () => {
        await Promise.resolve();
        if (number === 20_000) last.resolve();
        else void link(number + 1);
        return 'linked';
      });
    await link(0);
    await last.promise;
    expect(products.getSync('19999')).toBe('linked');
  }, 60_000);

  it('may await it, thousands deep', async () => {
    const products = await region();
    let depth = 0;
    const nested = (number: number): Promise<string> =>
      products.getOrLoad(String(number), async () => {
        depth += 1;
        // Without a pause each loader would be called by the one before it, and the stack is no longer than that of any program.
        await Promise.resolve();
        if (number < 2_000) await nested(number + 1);
        return 'nested';
      });
    await nested(0);
    expect(depth).toBe(2_001);
  });

  it('is no parent of it once it has ended: its key is loaded once for all readers, and stored', async () => {
    const products = await region();
    const readers = deferred<Promise<string>[]>();
    const ended = deferred<void>();
    let loads = 0;
    const again = (): Promise<string> =>
      products.getOrLoad('1', async () => {
        loads += 1;
        await Promise.resolve();
        return 'again';
      });
    await products.getOrLoad('1', () => {
      void products.getOrLoad('2', async () => {
        await ended.promise;
        readers.resolve([again(), again(), again()]);
        return 'two';
      });
      return 'first';
    });
    await products.evict('1');
    ended.resolve();
    await expect(Promise.all(await readers.promise)).resolves.toEqual(['again', 'again', 'again']);
    expect(loads).toBe(1);
    expect(products.getSync('1')).toBe('again');
  });
});

describe('loads that wait for each other where nobody can see it', () => {
  /** Collects keys and reads them in one bulk read, in the context of nobody: a worker was started before. */
  function worker(products: Region<string>) {
    let wake = deferred<void>();
    const queue: { key: string; done: (value: string) => void }[] = [];
    void (async () => {
      for (;;) {
        await wake.promise;
        wake = deferred();
        const jobs = queue.splice(0);
        const rows = await products.getOrLoadMany(
          jobs.map(({ key }) => key),
          (ids) => ids.map((id) => [id, `row ${id}`] as const),
        );
        for (const { key, done } of jobs) done(rows.get(key) ?? 'nothing');
      }
    })();
    return (key: string) =>
      new Promise<string>((done) => {
        queue.push({ key, done });
        wake.resolve();
      });
  }

  it('do not hang when a read inside of another load has waited for a second: it calls its own loader', async () => {
    const { a, clock } = await instances(1).connected();
    const products = a.region<string>('r');
    // A batcher runs its batch in the context of whoever asked first.
    let batch: Promise<ReadonlyMap<string, string>> | undefined;
    const load = async (key: string): Promise<string> => {
      batch ??= Promise.resolve().then(() =>
        products.getOrLoadMany(['1', '2'], (ids) => ids.map((id) => [id, `row ${id}`] as const)),
      );
      return (await batch).get(key) ?? 'nothing';
    };
    const readers = ['1', '2'].map((key) => products.getOrLoad(key, () => load(key)));
    await clock.advance('1s');
    await expect(Promise.all(readers)).resolves.toEqual(['row 1', 'row 2']);
  });

  it('do not hang when the read is outside of any load: every five seconds, some of those who wait call their own loaders', async () => {
    const { a, clock } = await instances(1).connected();
    const products = a.region<string>('r');
    const ask = worker(products);
    const first = products.getOrLoad('1', () => ask('1'));
    await clock.advance(0);
    let calls = 0;
    const others = [1, 2, 3].map(() => products.getOrLoad('1', () => ((calls += 1), 'own')));
    await clock.advance('5s');
    await expect(first).resolves.toBe('row 1');
    await expect(Promise.all(others)).resolves.toEqual(['row 1', 'row 1', 'row 1']);
    expect(calls).toBe(0);
    expect(products.getSync('1')).toBe('row 1');
  });

  it('leave a slow load alone but for a few readers every five seconds', async () => {
    const { a, clock } = await instances(1).connected();
    const products = a.region<string>('r');
    const slow = deferred<string>();
    void products.getOrLoad('1', () => slow.promise);
    let calls = 0;
    const others = Array.from({ length: 100 }, () => products.getOrLoad<string>('1', () => ((calls += 1), 'own')));
    await clock.advance('5s');
    expect(calls).toBe(1);
    await clock.advance('10s');
    expect(calls).toBe(1 + 2 + 4);
    slow.resolve('slow');
    expect((await Promise.all(others)).filter((value) => value === 'slow')).toHaveLength(93);
  });
});
