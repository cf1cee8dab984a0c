/** @typedef {import('./redis-work.mjs').RedisWork} RedisWork */

/** The share of its core that Redis should be busy at most. Above it, commands queue. */
const BUSY = 0.7;
/** The default `maxStaleness`, in s. */
const MAX_STALENESS = 10;
/** Syncs a second: each instance syncs every third of `maxStaleness`, at least every 5 s. */
const SYNCS_PER_INSTANCE = 1 / Math.min(MAX_STALENESS / 3, 5);

/**
 * The cost of one message in µs of Redis' CPU: a fixed part, and a part for each instance that the message is sent to. They are the straight
 * line through the measured points, by least squares.
 *
 * @param {readonly RedisWork[]} work
 */
export function costOfMessage(work) {
  const points = work.map(({ instances, eviction }) => ({ x: instances, y: eviction.cpuMicroseconds }));
  const mean = (/** @type {(point: { x: number, y: number }) => number} */ of) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const perInstance = mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2);
  return { fixed: Math.max(0, y - perInstance * x), perInstance };
}

/**
 * The load that one Redis carries with so many instances: the messages a second, the share of its core that the heartbeats take, and the bytes
 * that it sends a second.
 *
 * @param {number} instances
 * @param {readonly RedisWork[]} work
 */
export function capacity(instances, work) {
  const { fixed, perInstance } = costOfMessage(work);
  const most = work.at(-1);
  if (!most) throw new Error('There is no measurement to calculate from.');
  const heartbeats = (instances * SYNCS_PER_INSTANCE * most.sync.microseconds) / 1e6;
  const messages = (Math.max(0, BUSY - heartbeats) * 1e6) / (fixed + perInstance * instances);
  const bytesPerMessage = most.eviction.bytes / most.instances;
  return { heartbeats, messages, bytes: messages * instances * bytesPerMessage };
}
