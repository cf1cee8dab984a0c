import { setTimeout as wait } from 'node:timers/promises';
import { errorFrom } from '../common/error-from.js';
import type { RedisObservation } from '../redis/link/redis-observation.js';
import { redisNames } from '../redis/link/redis-names.js';
import { lookAtClock } from './clock-finding.js';
import type { Examination } from './examination.js';
import { bytes, time } from './table.js';

/** How often the server is asked to see how long it takes. */
const PINGS = 20;
/** Longer than this, an eviction takes noticeably, in ms. */
const SLOW = 50;
/** Connections are used every few seconds, so a server that closes them sooner cuts the instances off again and again. In s. */
const SHORTEST_TIMEOUT = 10;
/** What a subscriber that reads slowly may leave unread, in bytes. */
const LEAST_BUFFER = 8 << 20;
/** How many times the server is asked for keys, to find other namespaces. */
const MOST_SCANS = 50;

/** @internal */
export interface ServerLook {
  /** For how long a connection is left idle, to see whether somebody closes it, in ms; 0: not at all. */
  readonly idle: number;
  readonly signal: AbortSignal;
}

/** Looks at what the server is, and at its settings. Most of it is optional: a managed Redis does not let itself be asked everything. @internal */
export async function lookAtServer(
  observation: RedisObservation,
  examination: Examination,
  { idle, signal }: ServerLook,
): Promise<void> {
  await kind(observation, examination);
  await latency(observation, examination);
  await lookAtClock(observation, examination);
  await settings(observation, examination);
  if (idle > 0) await leftIdle(observation, examination, idle, signal);
}

/** What the server is, and how full. */
async function kind(observation: RedisObservation, examination: Examination): Promise<void> {
  const info = String(await observation.call('INFO').catch(() => ''));
  if (info === '') return examination.warn('server', 'the server does not say what it is: INFO is not allowed');
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
  const valkey = field('valkey_version');
  const version =
    valkey === undefined ? `Redis ${field('redis_version') ?? 'of an unknown version'}` : `Valkey ${valkey}`;
  const role = field('role');
  const mode = field('redis_mode') ?? field('server_mode') ?? 'standalone';
  if (role === 'slave')
    return examination.failed(
      'server',
      `${version} is a replica: an instance needs the primary. Connect to that, or to the sentinels`,
    );
  examination.ok('server', `${version}, ${mode}`);
  memory(field, examination);
}

/** Under `volatile-*` a full server may still find keys to delete: whether it does, the sync tells. */
function memory(field: (name: string) => string | undefined, examination: Examination): void {
  const [used, most] = [Number(field('used_memory')), Number(field('maxmemory'))];
  if (Number.isNaN(used) || Number.isNaN(most)) return;
  if (most === 0) return examination.ok('memory', `${bytes(used)} used, without a limit`);
  const policy = field('maxmemory_policy') ?? 'unknown';
  const found = `${bytes(used)} of ${bytes(most)} used, maxmemory-policy ${policy}`;
  if (used < most || policy !== 'noeviction') return examination.ok('memory', found);
  examination.warn(
    'memory',
    `${found}: Redis is full and refuses writes. Raise maxmemory, remove what else is in it, or choose a volatile-* policy`,
  );
}

async function latency(observation: RedisObservation, examination: Examination): Promise<void> {
  const times: number[] = [];
  for (let ping = 0; ping < PINGS; ping += 1) {
    const sentAt = performance.now();
    await observation.call('ECHO', '').catch(() => undefined);
    times.push(performance.now() - sentAt);
  }
  times.sort((a, b) => a - b);
  const [median = 0, longest = 0] = [times[PINGS / 2], times.at(-1)];
  const found = `a round trip takes ${median.toFixed(2)} ms, the longest of ${PINGS} took ${longest.toFixed(2)} ms`;
  if (median <= SLOW) examination.ok('latency', found);
  else
    examination.warn(
      'latency',
      `${found}: every awaited eviction takes as long. Use a Redis in the same region as the application`,
    );
}

async function settings(observation: RedisObservation, examination: Examination): Promise<void> {
  const setting = async (name: string): Promise<string | undefined> => {
    const reply = await observation.call('CONFIG', 'GET', name).catch(() => undefined);
    const value: unknown = Array.isArray(reply) ? reply[1] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const [timeout, buffers, policy] = await Promise.all(
    ['timeout', 'client-output-buffer-limit', 'maxmemory-policy'].map(setting),
  );
  if (timeout === undefined) {
    examination.ok('settings', 'the server does not show its settings (CONFIG is not allowed), as managed ones do not');
    return;
  }
  const seconds = Number(timeout);
  if (seconds > 0 && seconds < SHORTEST_TIMEOUT)
    examination.warn(
      'settings',
      `timeout is ${seconds} s: the server closes connections that are idle for so long. Set it to 0, or to at least ${SHORTEST_TIMEOUT}`,
    );
  const hard = Number(/pubsub (\d+)/.exec(buffers ?? '')?.[1] ?? 0);
  if (hard > 0 && hard < LEAST_BUFFER)
    examination.warn(
      'settings',
      `client-output-buffer-limit for pubsub is ${bytes(hard)}: a burst of evictions cuts slow instances off. Allow at least ${bytes(LEAST_BUFFER)}`,
    );
  if (policy?.startsWith('allkeys-'))
    examination.warn(
      'settings',
      `maxmemory-policy is ${policy}: when memory is full, Redis may delete the log, and every instance starts empty. Use noeviction or volatile-lru`,
    );
  if (!examination.findings.some(({ check, level }) => check === 'settings' && level !== 'ok'))
    examination.ok('settings', `timeout ${seconds} s, maxmemory-policy ${policy ?? 'unknown'}`);
}

/** Looks at the log and the members of a namespace; and, if it has none, at the other namespaces of the server. @internal */
export async function lookAtNamespace(
  observation: RedisObservation,
  namespace: string,
  examination: Examination,
): Promise<void> {
  const { members, log: found } = await observation.look();
  const size = [
    ...(found.length < 0 ? [] : [`${found.length} entries`]),
    ...(found.memory === undefined ? [] : [bytes(found.memory)]),
  ];
  const told = size.length > 0 ? size.join(', ') : 'its size is not told (that takes aclRule({ observer: true }))';
  examination.ok('log', `${told}; ${members.length} members`);
  if (members.length > 0) return;
  const others = await otherNamespaces(observation, namespace);
  if (others.length > 0)
    examination.warn(
      'namespace',
      `no instance is in the namespace ${namespace}, but there are some in ${others.join(', ')}: is it the one that the application has?`,
    );
  else examination.ok('namespace', `no instance runs in ${namespace} now`);
}

async function otherNamespaces(observation: RedisObservation, namespace: string): Promise<string[]> {
  const { members } = redisNames('', namespace);
  const pattern = `*{*}${members.slice(members.indexOf('}') + 1)}`;
  const found = new Set<string>();
  let cursor = '0';
  for (let scan = 0; scan < MOST_SCANS; scan += 1) {
    const reply = await observation.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000').catch(() => undefined);
    if (!Array.isArray(reply)) break;
    const [next, keys]: readonly unknown[] = reply;
    for (const key of Array.isArray(keys) ? keys : []) {
      const other = /\{(.+)\}/.exec(String(key))?.[1];
      if (other !== undefined && other !== namespace) found.add(other);
    }
    cursor = String(next);
    if (cursor === '0') break;
  }
  return [...found].slice(0, 5);
}

async function leftIdle(
  observation: RedisObservation,
  examination: Examination,
  idle: number,
  signal: AbortSignal,
): Promise<void> {
  await wait(idle, undefined, { signal }).catch(() => undefined);
  try {
    await observation.call('ECHO', '');
    examination.ok('idle', `a connection that was idle for ${time(idle)} is still open`);
  } catch (error) {
    examination.warn(
      'idle',
      `a connection that was idle for ${time(idle)} was closed: ${errorFrom(error).message}. Something in between closes idle connections; set keepAlive in the connection string below that, or raise its timeout`,
    );
  }
}
