import { InMemoryInvalidationBridge, ManualClock, provideTestCache } from 'nestjs-distributed-cache/testing';
import { number } from '../../tools/figures.mjs';
import { CountingBridge } from '../growth/counting-bridge.mjs';

/** @typedef {import('nestjs-distributed-cache').DistributedCache} DistributedCache */
/** @typedef {import('../report/evidence.mjs').Simulated} Simulated */

const INSTANCES = [1, 10, 100, 1_000];
const PRODUCTS = 20;
/** One eviction a second. In between, every instance reads all products. */
const SECONDS = 10;
/** How long Redis is away when it restarts, in ms. It comes back empty. */
const AWAY = 3_000;
/** How exactly the time to recover is measured, in ms. */
const STEP = 50;

/**
 * Instances in one process, with a bridge in memory and a clock that is moved by hand: how many messages, syncs and loads they cause
 * together, and how long they take to recover.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function simulation({ effort }) {
  /** @type {Simulated[]} */
  const series = [];
  for (const instances of INSTANCES) {
    const size = Math.max(1, Math.round(instances * effort.growthScale));
    series.push(await simulated(size, Math.max(5, Math.round(SECONDS * effort.growthScale))));
    process.stdout.write(`${number(size)} `);
  }
  const most = series.at(-1);
  return {
    rows: { 'simulation/loads': { ours: most ? most.loadsPerEviction / most.instances : NaN } },
    series: { simulation: series },
  };
}

/**
 * @param {number} instances
 * @param {number} seconds
 * @returns {Promise<Simulated>}
 */
async function simulated(instances, seconds) {
  const clock = new ManualClock();
  const memory = new InMemoryInvalidationBridge({ clock });
  const bridge = new CountingBridge(memory);
  /** @type {DistributedCache[]} */
  const caches = [];
  while (caches.length < instances) {
    caches.push(await provideTestCache({ bridge, clock, ttl: Infinity, maxEntries: PRODUCTS }).useFactory());
  }
  let loads = 0;
  const load = async () => (loads += 1);
  const readAll = async () => {
    for (const cache of caches) {
      const region = cache.region('products');
      await Promise.all(Array.from({ length: PRODUCTS }, (_, product) => region.getOrLoad(product, load)));
    }
  };
  await readAll();
  await clock.advance(1_000);

  loads = 0;
  bridge.take();
  for (let second = 0; second < seconds; second += 1) {
    await caches[second % instances]?.region('products').evict(second % PRODUCTS);
    await clock.advance(500);
    await readAll();
    await clock.advance(500);
  }
  const busy = bridge.take();
  const loadsOfEvictions = loads;

  loads = 0;
  bridge.goAway();
  memory.restart({ lost: Infinity, membersLost: true });
  await clock.advance(AWAY);
  bridge.take();
  bridge.comeBack();
  let recovery = 0;
  for (; !caches.every((cache) => cache.status().state === 'coherent'); recovery += STEP) {
    await readAll();
    await clock.advance(STEP);
  }
  await readAll();
  const { syncs: syncsOfRecovery } = bridge.take();
  for (const cache of caches) await cache.close();
  return {
    instances,
    messagesPerEviction: busy.messages / seconds,
    bytesPerEviction: busy.messageBytes / seconds,
    syncsPerSecond: busy.syncs / seconds,
    bytesPerSync: busy.syncBytes / busy.syncs,
    loadsPerEviction: loadsOfEvictions / seconds,
    recovery: { milliseconds: recovery, syncs: syncsOfRecovery, loads },
  };
}
