// One instance of the soak: an application with the cache, told by its parent what to do.
import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedCache, DistributedCacheModule } from 'nestjs-distributed-cache';
import { now, SourceOfTruth } from './source-of-truth.mjs';
import { Traffic } from './traffic.mjs';

/** How long an instance waits for the burst to be over, in ms. */
const LONGEST_BURST = 20_000;

/** @typedef {import('./instance-process.mjs').SoakSettings} SoakSettings */

/** @type {SoakSettings} */
const settings = JSON.parse(process.argv[2] ?? '{}');

// Ctrl-C reaches the whole group; the parent is the one to decide, and we end when it lets go of us.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));

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

/** What the parent may ask for. */
const commands = {
  /** Holds all the keys of the burst. */
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

  /** When this instance has dropped all of the burst. */
  async dropped() {
    const deadline = performance.now() + LONGEST_BURST;
    while (heldOfBurst() > 0 && performance.now() < deadline) await turn();
    return { at: now(), left: heldOfBurst(), ...delayed() };
  },

  /** @param {number} count */
  async ping(count) {
    const region = cache.region('pings');
    /** @type {[number, number][]} */
    const sent = [];
    for (let key = 0; key < count; key += 1) {
      // Not in step with anything.
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 15));
      sent.push([key, now()]);
      await region.evict(key);
    }
    return sent;
  },

  async pinged() {
    const heard = pings;
    pings = [];
    return heard;
  },

  async start() {
    delay.reset();
    traffic.start();
  },

  async sample() {
    return process.memoryUsage.rss();
  },

  async report() {
    const told = {
      ...delayed(),
      counts: traffic.counts,
      worstStaleness: traffic.worstStaleness,
      violations: traffic.violations,
    };
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    // What the collection took is ours, not the instance's.
    delay.reset();
    const { user, system } = process.cpuUsage();
    return {
      ...told,
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

  async close() {
    await context.close();
  },
};

/** @typedef {typeof commands} Commands */

process.on(
  'message',
  (/** @type {{ id: number, name: keyof Commands, argument: number }} */ { id, name, argument }) => {
    commands[name](argument).then(
      (result) => process.send?.({ id, result }),
      (/** @type {unknown} */ error) => process.send?.({ id, error: String(error) }),
    );
  },
);
process.send?.({ id: 0, result: cache.status().state });

function heldOfBurst() {
  return cache.stats().regions['burst']?.entries ?? 0;
}

/** Lets the event loop go round once, and a millisecond pass. */
function turn() {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** How late timers have been since this was last reset, in ms. */
function delayed() {
  const milliseconds = (/** @type {number} */ nanoseconds) => nanoseconds / 1e6;
  return {
    delayP50: milliseconds(delay.percentile(50)),
    delayP99: milliseconds(delay.percentile(99)),
    delayMax: milliseconds(delay.max),
  };
}
