import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { RedisServer } from '../support/redis/redis-server.js';
import { serverVersion } from '../support/redis/server-version.js';
import { ServerInstance } from './instance.js';

/** Every memory policy of Redis 7. */
export const POLICIES = [
  'noeviction',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
] as const;

export type Policy = (typeof POLICIES)[number];

export interface PoliciesOptions {
  /** For how long the other client fills the server, in seconds, with each policy. */
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** What was seen under one policy. */
export interface PolicyReport {
  readonly policy: Policy;
  /** How often each instance started empty. */
  readonly flushes: readonly number[];
  readonly reads: number;
  readonly evictions: number;
  /** How many evictions had not reached the log at the end. */
  readonly undelivered: number;
  /** For how long the stalest value had been evicted when a read that was given it began, in ms. */
  readonly stalest: number;
  /** How often each line was logged, by level and message, on all instances together. */
  readonly lines: Readonly<Record<string, number>>;
  /** How many keys the server has evicted, and how many writes of the other client it has refused. */
  readonly evictedKeys: number;
  readonly refusedWrites: number;
}

export interface PoliciesReport {
  readonly redis: string;
  readonly seconds: number;
  readonly maxmemory: string;
  readonly maxStaleness: number;
  readonly instances: number;
  readonly policies: readonly PolicyReport[];
}

/** Enough for the keys of a namespace, and soon full. */
const MAXMEMORY = '6mb';
const MAX_STALENESS = 2_000;
const INSTANCES = 3;
const PRODUCTS = 200;

/**
 * What the other client writes: keys that stay, which take most of the memory and which the policies `volatile-*` may not touch, and in each
 * turn sessions, which expire in an hour to a week. So few keys with an expiry fit, and one more of them would soon be evicted, however
 * busy it is.
 */
const FILLING = { stays: 3_000, sessions: 100, bytes: 1_000, everyMs: 50 };
const EXPIRIES = [3_600, 86_400, 604_800];
const VALUE = 'x'.repeat(FILLING.bytes);

const READS_A_TURN = 20;
const EVICTIONS_A_SECOND = 40;

/** Instances that read and evict, one policy after another, while another client fills their server with keys that expire. */
export async function policies({ seconds, say }: PoliciesOptions): Promise<PoliciesReport> {
  const reports: PolicyReport[] = [];
  let redis = 'unknown';
  for (const policy of POLICIES) {
    const server = await RedisServer.start({ args: ['--maxmemory', MAXMEMORY, '--maxmemory-policy', policy] });
    try {
      redis = await serverVersion(server.admin);
      const report = await under(policy, server, seconds);
      reports.push(report);
      say(`${policy}: ${summaryOf(report)}`);
    } finally {
      await server.stop();
    }
  }
  return {
    redis,
    seconds,
    maxmemory: MAXMEMORY,
    maxStaleness: MAX_STALENESS,
    instances: INSTANCES,
    policies: reports,
  };
}

/** What the documentation promises. Empty: all of it was seen. */
export function brokenPromises({ policies: reports, maxStaleness }: PoliciesReport): readonly string[] {
  return reports.flatMap(({ policy, flushes, stalest, lines }) => {
    const isSparing = !policy.startsWith('allkeys');
    const isLineless = policy.startsWith('volatile');
    return [
      ...(isSparing && flushes.some((each) => each !== 1) ? [`${policy}: ${flushes.join(', ')} flushes`] : []),
      ...(isLineless && Object.keys(lines).length > 0 ? [`${policy}: ${Object.keys(lines).join('; ')}`] : []),
      ...(stalest > maxStaleness + 250 ? [`${policy}: a read ${stalest} ms after the eviction`] : []),
    ];
  });
}

function summaryOf({ flushes, stalest, undelivered, evictedKeys, lines }: PolicyReport): string {
  const seen = `flushes: ${flushes.join(', ')}; stalest read: ${stalest} ms; evictions that wait: ${undelivered}; keys that Redis evicted: ${evictedKeys}`;
  return [seen, ...Object.entries(lines).map(([line, count]) => `  ${count} × ${line}`)].join('\n');
}

async function under(policy: Policy, server: RedisServer, seconds: number): Promise<PolicyReport> {
  const options = { namespace: 'policies', maxStaleness: MAX_STALENESS, drainTimeout: 0, ttl: '1h' } as const;
  const instances = Array.from({ length: INSTANCES }, () => new ServerInstance(server.connectionString, options));
  await Promise.all(instances.map((each) => each.start()));
  const shop = new Shop(instances);
  const filler = server.client();
  await stay(filler);
  const refused = { writes: 0 };
  const endsAt = performance.now() + seconds * 1_000;
  await Promise.all([
    until(endsAt, FILLING.everyMs, () => fill(filler, refused)),
    until(endsAt, 1_000 / EVICTIONS_A_SECOND, async () => shop.evict()),
    ...instances.map((instance) => until(endsAt, 10, () => shop.read(instance))),
  ]);

  const report: PolicyReport = {
    policy,
    flushes: instances.map(({ cache }) => cache.stats().bridge.flushes),
    reads: shop.reads,
    evictions: shop.evictions,
    undelivered: instances.reduce((sum, { cache }) => sum + cache.status().outbox, 0),
    stalest: Math.round(shop.stalest),
    lines: linesOf(instances),
    evictedKeys: Number(/evicted_keys:(\d+)/.exec(await server.admin.info('stats'))?.[1]),
    refusedWrites: refused.writes,
  };
  await Promise.all(instances.map(({ cache }) => cache.close()));
  return report;
}

/** The source of truth, and what the instances are asked for. */
class Shop {
  readonly #instances: readonly ServerInstance[];
  readonly #versions = Array.from({ length: PRODUCTS }, () => 0);
  /** When each version was replaced, by product and version. */
  readonly #replacedAt = new Map<string, number>();
  reads = 0;
  evictions = 0;
  stalest = 0;

  constructor(instances: readonly ServerInstance[]) {
    this.#instances = instances;
  }

  evict(): void {
    const product = Math.floor(Math.random() * PRODUCTS);
    const instance = this.#instances[this.evictions % this.#instances.length];
    const version = this.#versions[product] ?? 0;
    this.#versions[product] = version + 1;
    this.#replacedAt.set(`${product}:${version}`, performance.now());
    this.evictions += 1;
    instance?.cache
      .region('products')
      .evict(product)
      .catch(() => {});
  }

  async read({ cache }: ServerInstance): Promise<void> {
    for (let i = 0; i < READS_A_TURN; i += 1) {
      const product = Math.floor(Math.random() * PRODUCTS);
      const beganAt = performance.now();
      const version = await cache.region<number>('products').getOrLoad(product, () => this.#versions[product] ?? 0);
      const replacedAt = this.#replacedAt.get(`${product}:${version}`);
      if (replacedAt !== undefined) this.stalest = Math.max(this.stalest, beganAt - replacedAt);
      this.reads += 1;
    }
  }
}

async function stay(filler: Redis): Promise<void> {
  const pipeline = filler.pipeline();
  for (let i = 0; i < FILLING.stays; i += 1) pipeline.set(`customer:${i}`, VALUE);
  await pipeline.exec();
}

let sessions = 0;

/** One turn of the other client. */
async function fill(filler: Redis, refused: { writes: number }): Promise<void> {
  const pipeline = filler.pipeline();
  for (let i = 0; i < FILLING.sessions; i += 1) {
    sessions += 1;
    pipeline.set(`session:${sessions}`, VALUE, 'EX', EXPIRIES[sessions % EXPIRIES.length] ?? 3_600);
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error) refused.writes += 1;
}

/** Does something again and again, with a pause between. */
async function until(endsAt: number, everyMs: number, turn: () => Promise<void>): Promise<void> {
  while (performance.now() < endsAt) {
    await turn();
    await pause(everyMs);
  }
}

function linesOf(instances: readonly ServerInstance[]): Record<string, number> {
  const lines: Record<string, number> = {};
  for (const { level, message } of instances.flatMap(({ warnings }) => warnings)) {
    const line = `${level}: ${message}`;
    lines[line] = (lines[line] ?? 0) + 1;
  }
  return lines;
}
