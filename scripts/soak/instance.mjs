// One instance of the soak: an application with the cache, in a process of its own, which runs the commands of its parent.
import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedCache, DistributedCacheModule } from 'nestjs-distributed-cache';
import { serve } from '../../tools/child-process.mjs';
import { now, SourceOfTruth } from './source-of-truth.mjs';
import { Traffic } from './traffic.mjs';

/** How long an instance waits until it has dropped all of the burst, in ms. */
const LONGEST_BURST = 20_000;

/**
 * The settings of one instance, which its parent gives as JSON.
 *
 * @typedef {object} SoakSettings
 * @property {string} redisConnectionString
 * @property {string} database the file of the source of truth
 * @property {number} burst how many keys the burst has
 * @property {number} maxStaleness ms
 * @property {number} index of this instance
 * @property {number} instances
 * @property {number} readsPerSecond
 * @property {number} writesPerSecond
 */

/** @type {SoakSettings} */
const settings = JSON.parse(process.argv[2] ?? '{}');

class SoakModule {}
Module({
  imports: [
    DistributedCacheModule.forRoot({
      redisConnectionString: settings.redisConnectionString,
      namespace: 'soak',
      maxEntries: settings.burst + 20_000,
      maxStaleness: settings.maxStaleness,
    }),
  ],
})(SoakModule);

const context = await NestFactory.createApplicationContext(SoakModule, {
  logger: ['error', 'warn'],
  abortOnError: false,
});
const cache = context.get(DistributedCache);
const traffic = new Traffic(cache, new SourceOfTruth(settings.database), settings);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

/** @type {[number, number][]} */
let pings = [];
cache.on('invalidation', ({ invalidation }) => {
  const keys = invalidation.keys.get('pings');
  if (keys) for (const key of keys) pings.push([Number(key), now()]);
});

/** What the parent can ask for. */
const commands = {
  /** Loads all the keys of the burst. */
  async fill() {
    const region = cache.region('burst');
    for (let from = 0; from < settings.burst; from += 5_000) {
      const keys = Array.from({ length: Math.min(5_000, settings.burst - from) }, (_, index) => from + index);
      await region.getOrLoadMany(keys, (missing) => missing.map((key) => /** @type {const} */ ([key, { key }])), {
        ttl: '1h',
      });
    }
    delay.reset();
    return heldOfBurst();
  },

  /** Evicts all the keys of the burst, one by one, all at once. */
  async evictBurst() {
    const region = cache.region('burst');
    const startedAt = now();
    await Promise.all(Array.from({ length: settings.burst }, (_, key) => region.evict(key)));
    const settledAt = now();
    return { startedAt, settledAt, ...delayed() };
  },

  /** Waits until this instance has dropped all of the burst; gives the time. */
  async dropped() {
    const deadline = performance.now() + LONGEST_BURST;
    while (heldOfBurst() > 0 && performance.now() < deadline) await turn();
    return { at: now(), left: heldOfBurst(), ...delayed() };
  },

  /**
   * Evicts so many keys one after the other; gives when it began each.
   *
   * @param {number} count
   */
  async ping(count) {
    const region = cache.region('pings');
    /** @type {[number, number][]} */
    const sent = [];
    for (let key = 0; key < count; key += 1) {
      // Random, so that the evictions do not keep step with the heartbeats or the timers.
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 15));
      sent.push([key, now()]);
      await region.evict(key);
    }
    return sent;
  },

  /** When the pings of another instance arrived here, since the last call. */
  async pinged() {
    const arrived = pings;
    pings = [];
    return arrived;
  },

  async start() {
    delay.reset();
    traffic.start();
  },

  async sample() {
    return process.memoryUsage.rss();
  },

  async report() {
    const figures = {
      ...delayed(),
      counts: traffic.counts,
      worstStaleness: traffic.worstStaleness,
      violations: traffic.violations,
    };
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    // The forced collection must not count as a delay of the instance.
    delay.reset();
    const { user, system } = process.cpuUsage();
    return {
      ...figures,
      rss,
      heapUsed,
      cpuSeconds: (user + system) / 1e6,
      bridge: cache.stats().bridge,
      state: cache.status().state,
    };
  },

  async stop() {
    await traffic.stop();
    return cache.status().outbox;
  },

  async compare() {
    return traffic.compare();
  },
};

/** @typedef {typeof commands} Commands */

serve(commands, () => context.close());

function heldOfBurst() {
  return cache.stats().regions['burst']?.entries ?? 0;
}

/** Waits a millisecond, and lets the event loop turn. */
function turn() {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** The delay of the event loop since the last reset, in ms. */
function delayed() {
  const milliseconds = (/** @type {number} */ nanoseconds) => nanoseconds / 1e6;
  return {
    delayP50: milliseconds(delay.percentile(50)),
    delayP99: milliseconds(delay.percentile(99)),
    delayMax: milliseconds(delay.max),
  };
}
