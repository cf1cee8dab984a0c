import { describe, expect, it, onTestFinished } from 'vitest';
import { startChildInstance, type ChildInstance } from '../support/lab/child-instance.js';
import { endures } from '../support/lab/endures.js';
import { lab, MAX_STALENESS, type FaultLab } from '../support/lab/fault-lab.js';
import { until } from '../support/lab/waits.js';
import { proxyTo } from '../support/redis/using-redis.js';

const TTL = 4_000;
const ORPHANS = Array.from({ length: 500 }, (_, index) => `orphan-${index}`);

async function childOf(connectionString: string): Promise<ChildInstance> {
  const child = await startChildInstance(connectionString, MAX_STALENESS);
  onTestFinished(() => child.kill());
  return child;
}

/** What each instance holds of `key` in region `'orphans'`. */
function orphan({ instances }: FaultLab, key: string): unknown[] {
  return instances.map(({ cache }) => cache.region('orphans').getSync(key));
}

describe('an instance that is killed', () => {
  it('loses the evictions in its outbox: the others serve those copies until their TTL, and keep every other promise', async () => {
    const orphans = { ttl: TTL, maxEntries: 1_000 };
    const shop = await lab(3).with({ regions: { orphans } }).open();
    const proxy = await proxyTo(shop.redis);
    const child = await childOf(proxy.connectionString);
    let heldAt = 0;
    let servedFor = 0;

    const seen = await endures(shop, {
      fault: 'instance killed with a full outbox',
      done: 'a fourth instance, in a process of its own, was cut off, evicted 500 keys that the three others held, and was killed by SIGKILL',
      begin: async () => {
        for (const { cache } of shop.instances) {
          for (const key of ['told', ...ORPHANS]) await cache.region('orphans').getOrLoad(key, () => 'old');
        }
        heldAt = performance.now();
        // What the log has accepted, its death does not take back.
        await until(async () => expect(await child.ask('evict', 'told')).toBe(0));
        await until(() => expect(orphan(shop, 'told')).toEqual([undefined, undefined, undefined]));

        proxy.cut();
        await until(async () => expect(await child.ask('status')).toBe('disconnected'));
        expect(await child.ask('evict', ...ORPHANS)).toBe(ORPHANS.length);
        child.kill();
        await child.exited;
        // Not promised, and so it is: nobody is left who could have told them.
        expect(orphan(shop, 'orphan-0')).toEqual(['old', 'old', 'old']);
      },
      lasts: async () => {
        await until(() => {
          for (const key of ORPHANS) expect(orphan(shop, key)).toEqual([undefined, undefined, undefined]);
        });
        servedFor = performance.now() - heldAt;
      },
      measured: () => ({ undelivered: ORPHANS.length, ttl: TTL, servedForAtMost: servedFor }),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, missed: 0, reconnects: 0 } });
    expect(servedFor).toBeLessThan(TTL + 1_000);
  });
});

describe('an instance whose event loop is blocked for longer than its lease', () => {
  it('serves nothing older than the lease allows when it goes on, before the next sync is answered', async () => {
    const shop = await lab(3).open();
    const child = await childOf(shop.redis.connectionString);
    expect(await child.ask('hold', 'blocked')).toBe('held');
    let reads: unknown;

    const seen = await endures(shop, {
      fault: 'event loop blocked',
      done: 'a fourth instance, in a process of its own, kept its event loop busy for three times its lease while another evicted what it held',
      begin: async () => {
        expect(await child.ask('block', 'blocked', 3 * MAX_STALENESS)).toBe('blocking');
        for (const region of ['goods', 'prices']) await shop.a.cache.region(region).evict('blocked');
      },
      lasts: async () => {
        reads = await child.ask('readsAfterBlock');
      },
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: 0 } });
    expect(reads).toContainEqual(expect.objectContaining({ isBeforeSync: true }));
    expect(reads).toContainEqual(expect.objectContaining({ isBeforeSync: false }));
    expect(JSON.stringify(reads)).not.toContain('old');
  });
});
