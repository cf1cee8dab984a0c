import { setImmediate as nextTurn } from 'node:timers/promises';
import { InMemoryInvalidationBridge } from 'nestjs-distributed-cache/testing';
import { startApplication } from '../application/application.mjs';

/** @typedef {import('nestjs-distributed-cache').DistributedCacheOptions} Options */

/**
 * Two instances of one application, in this process and without a server, so that only our own work is measured.
 *
 * @param {Options} [options]
 */
export async function twoInstances(options = {}) {
  const bridge = new InMemoryInvalidationBridge();
  const first = await startApplication({ redisConnectionString: undefined, options: { ...options, bridge } });
  const second = await startApplication({ redisConnectionString: undefined, options: { ...options, bridge } });
  return {
    here: first.cache,
    peer: second.cache,
    stop: async () => {
      await first.app.close();
      await second.app.close();
    },
  };
}

/**
 * One instance in local mode.
 *
 * @param {Options} [options]
 */
export async function oneInstance(options = {}) {
  const { app, cache } = await startApplication({ redisConnectionString: undefined, options });
  return { cache, stop: () => app.close() };
}

/**
 * Resolves when a condition holds, which is looked at in each turn of the event loop.
 *
 * @param {() => boolean} holds
 * @throws {Error} when it does not hold within a minute
 */
export async function until(holds) {
  const deadline = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('A condition did not hold within a minute.');
    await nextTurn();
  }
}

/**
 * The entries that a cache holds, in all regions or in one.
 *
 * @param {import('nestjs-distributed-cache').DistributedCache} cache
 * @param {string} region
 */
export function entriesOf(cache, region) {
  return cache.stats().regions[region]?.entries ?? 0;
}

/**
 * A promise that the caller resolves. `Promise.withResolvers` is not in Node 20.
 *
 * @returns {{ promise: Promise<unknown>, resolve: (value: unknown) => void }}
 */
export function resolvable() {
  /** @type {(value: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((resolvePromise) => (resolve = resolvePromise));
  return { promise, resolve };
}
