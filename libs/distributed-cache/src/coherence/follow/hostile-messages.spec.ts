import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { fuzz } from '../../../../../test/support/hostile/fuzz.js';
import { heapInUse } from '../../../../../test/support/hostile/heap.js';

const MB = 1 << 20;
const NAMESPACE = 'shop';

/** How much the heap has grown after `run`, in bytes. */
async function growth(run: () => Promise<void>): Promise<number> {
  const before = await heapInUse();
  await run();
  return (await heapInUse()) - before;
}

describe('Twenty thousand mutated messages', () => {
  // Another seed in every run, told when it fails: `npm run fuzz -- --seed N` runs it again.
  it('throw nothing, disconnect no instance and leave nothing in memory', { timeout: 60_000 }, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    onTestFinished(({ task }) => {
      if (task.result?.state === 'fail') console.error(`fuzz seed ${seed}`);
    });
    const { failures, understood, refused, heap } = await fuzz({ messages: 20_000, seed });
    expect(failures, `seed ${seed}`).toEqual([]);
    expect(Math.min(understood, refused), `seed ${seed}`).toBeGreaterThan(1_000);
    expect(heap.late - heap.early, `seed ${seed}`).toBeLessThan(16 * MB);
  });
});

describe('Messages of a stranger leave nothing in memory:', { timeout: 30_000 }, () => {
  it('a million different names of regions, tags and keys, while nothing runs', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    const grown = await growth(async () => {
      for (let message = 0; message < 1_000; message += 1) {
        const names = Array.from({ length: 334 }, (_, index) => `${message}-${index}-${randomUUID()}`);
        const keys = names.map((name) => [name, name]);
        bridge.publishPlain(NAMESPACE, JSON.stringify({ v: 1, r: names, t: names, k: keys }));
        if (message % 50 === 0) await clock.advance(0);
      }
      await clock.advance(0);
    });
    expect(a.stats().bridge.received).toBe(1_000);
    expect(Object.keys(a.stats().regions)).toEqual([]);
    expect(grown).toBeLessThan(4 * MB);
  });

  it('a million targets of one region while loads run are bounded in memory, and fence the loads of that region', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    const load = deferred<string>();
    const reading = a.region('products').getOrLoad('1', () => load.promise);
    const covered = a.region('elsewhere').getOrLoad('1', () => load.promise);
    const grown = await growth(async () => {
      for (let message = 0; message < 10_000; message += 1) {
        const names = Array.from({ length: 100 }, (_, index) => `${message}-${index}`);
        bridge.publishPlain(NAMESPACE, JSON.stringify({ v: 1, k: [['elsewhere', ...names]] }));
        if (message % 500 === 0) await clock.advance(0);
      }
      await clock.advance(0);
    });
    expect(grown).toBeLessThan(8 * MB);
    load.resolve('loaded');
    await expect(Promise.all([reading, covered])).resolves.toEqual(['loaded', 'loaded']);
    expect(a.region('products').getSync('1')).toBe('loaded');
    expect(a.region('elsewhere').getSync('1')).toBeUndefined();
  });

  it('long targets while a load runs are bounded in text by the record of applied invalidations', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    const load = deferred<string>();
    const reading = a.region('products').getOrLoad('1', () => load.promise);
    const grown = await growth(async () => {
      for (let message = 0; message < 200; message += 1) {
        const keys = [['elsewhere', `${message}`.padStart(500_000, 'x')]];
        bridge.publishPlain(NAMESPACE, JSON.stringify({ v: 1, k: keys }));
        await clock.advance(0);
      }
    });
    expect(grown).toBeLessThan(12 * MB);
    load.resolve('loaded');
    await expect(reading).resolves.toBe('loaded');
  });

  it('doorbells of a gigabyte together during a sync are bounded in text where they are held', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    bridge.cut(a, { silently: false });
    bridge.heal(a);
    await clock.advance('3s');
    const text = 'x'.repeat(200_000);
    const grown = await growth(async () => {
      for (let message = 0; message < 5_000; message += 1) {
        const entry = { id: `${9_000_000 + message}-0`, previousId: '1-0' };
        bridge.publishForged(NAMESPACE, { payload: `{"v":1,"t":["${message}"],"x":"${text}"}`, entry });
        if (message % 20 === 0) await clock.advance(0);
      }
    });
    // 4 Mi UTF-16 units, of which each takes up to two bytes.
    expect(grown).toBeLessThan(12 * MB);
    expect(a.status().state).toBe('coherent');
  });
});

describe('A doorbell for an entry that is not in the log', () => {
  it('makes an instance sync once, not ten times a second without end', async () => {
    const { a, b, bridge, clock } = await instances(2).connected();
    const forged = { id: '18446744073709551615-0', previousId: '17-0' };
    bridge.publishForged(NAMESPACE, { payload: '{"v":1,"t":["x"]}', entry: forged });
    await clock.advance('1m');
    expect(a.stats().bridge.gaps).toBe(1);

    await b.region('products').evict('1');
    await clock.advance(0);
    expect(a.status().position).toBe(b.status().position);
    expect(a.stats().bridge).toMatchObject({ gaps: 1, flushes: 1, reconnects: 0 });
  });
});

describe('Fifty messages of a megabyte at once', () => {
  it('do not make an instance take the channel for silent or give its link up', async () => {
    const { a, b, bridge, clock } = await instances(2).connected();
    const text = 'x'.repeat(1_000_000);
    for (let message = 0; message < 50; message += 1) {
      const entry = { id: `${9_000_000 + message}-0`, previousId: '17-0' };
      bridge.publishForged(NAMESPACE, { payload: `{"v":1,"t":["x"],"x":"${text}"}`, entry });
    }
    for (let key = 0; key < 100; key += 1) await b.region('products').evict(key);
    await clock.advance('1m');
    expect([a, b].map((instance) => instance.stats().bridge.reconnects)).toEqual([0, 0]);
    expect(a.stats().bridge).toMatchObject({ missed: 0, flushes: 1 });
  });
});
