import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { encodeInvalidation } from 'nestjs-distributed-cache/redis';
import { docsFile } from '../../tools/marked-page.mjs';

/** Enough for several nodes of the stream, so that what an entry takes is a mean. */
const ENTRIES = 1_024;
const INSTANCES = 20;
/** A name as a pod has it. */
const INSTANCE = 'shop-6d4f9c7b5-x2x9k:1:9f86d081';

/**
 * The memory of a log in which each message names so many keys, such as `products` `48213`. It is written by the script that the instances
 * use, of the page about the message format.
 *
 * @param {string} connectionString
 * @param {number} keys
 * @returns {Promise<import('./report.mjs').LogRow>}
 */
export async function measureLog(connectionString, keys) {
  const redis = new Redis(connectionString);
  try {
    const digest = String(await redis.script('LOAD', await publishScript()));
    const log = `{sizing:${keys}}:log`;
    const pipeline = redis.pipeline();
    for (let message = 0; message < ENTRIES; message += 1) {
      const targets = Array.from({ length: keys }, (_, index) => ({
        kind: /** @type {const} */ ('key'),
        region: 'products',
        key: `${10_000 + ((message * keys + index) % 90_000)}`,
      }));
      pipeline.evalsha(
        digest,
        1,
        log,
        `{sizing:${keys}}:invalidations`,
        encodeInvalidation(INSTANCE, targets),
        ENTRIES,
      );
    }
    for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    const entries = await redis.xlen(log);
    return { keys, entries, bytes: (await memoryOf(redis, log)) / entries };
  } finally {
    redis.disconnect();
  }
}

/**
 * @param {string} connectionString
 * @returns {Promise<import('./report.mjs').MembersRow>}
 */
export async function measureMembers(connectionString) {
  const redis = new Redis(connectionString);
  try {
    const members = '{sizing:members}:members';
    const join = (/** @type {number} */ index) =>
      redis.zadd(members, Date.now() + index, JSON.stringify({ i: `${INSTANCE}${index + 10}`, s: 10_000 }));
    await join(0);
    const before = await memoryOf(redis, members);
    for (let index = 1; index <= INSTANCES; index += 1) await join(index);
    return { instances: INSTANCES, bytes: ((await memoryOf(redis, members)) - before) / INSTANCES };
  } finally {
    redis.disconnect();
  }
}

/**
 * What the server says of itself, for example `Redis 7.0.15`.
 *
 * @param {string} connectionString
 */
export async function versionOf(connectionString) {
  const redis = new Redis(connectionString);
  try {
    const info = await redis.info('server');
    const field = (/** @type {string} */ name) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
    const valkey = field('valkey_version');
    return valkey === undefined ? `Redis ${field('redis_version')}` : `Valkey ${valkey}`;
  } finally {
    redis.disconnect();
  }
}

async function publishScript() {
  const [, script = ''] = /```lua\n(.*?)```/s.exec(await readFile(docsFile('message-format.md'), 'utf8')) ?? [];
  return script;
}

/**
 * @param {Redis} redis
 * @param {string} key
 */
async function memoryOf(redis, key) {
  return Number(await redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'));
}
