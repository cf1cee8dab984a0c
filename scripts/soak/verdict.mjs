import { mebibytes } from '../../tools/figures.mjs';
import { median, rounded } from '../../tools/statistics.mjs';

const MB = 1 << 20;
/** In shorter runs growth cannot be told from warming up: only what must never happen fails them. In minutes. */
const LONG_ENOUGH_TO_JUDGE_TRENDS = 2;

/** Redis holds itself and the log: `invalidationLogLength` entries, each at most 8 KiB and in practice far less. */
const MOST_REDIS_BYTES = 32 * MB;
/** `invalidationLogLength`, and what Redis leaves because it trims whole nodes of a hundred entries. */
export const LONGEST_LOG = 4_096 + 200;

/** @typedef {import('./report.mjs').SoakReport} SoakReport */

/**
 * The reasons why a run fails; none when it passed.
 *
 * @param {SoakReport} report
 * @returns {string[]}
 */
export function reasonsToFail(report) {
  const { burst, end, samples, minutes, intervals, propagation } = report;
  const reasons = [];
  if (end.lost > 0) reasons.push(`${end.lost} of ${end.held} copies held at the end are not of the current version`);
  if (end.held === 0) reasons.push('no copies were held at the end, so nothing was checked');
  if (end.waiting > 0) reasons.push(`${end.waiting} invalidations were still waiting`);
  if (burst.left > 0) reasons.push(`${burst.left} copies of the burst were left`);
  for (const violation of end.violations) reasons.push(violation);
  if (end.errors > 0) reasons.push(`${end.errors} reads or writes failed`);
  const { malformed = 0, flushes = 0 } = end.bridge;
  if (malformed > 0) reasons.push(`${malformed} messages were malformed`);
  if (flushes > report.instances) reasons.push(`instances started empty ${flushes - report.instances} times`);
  if (end.coherent < report.instances) reasons.push(`only ${end.coherent} instances were coherent at the end`);

  const redis = samples.map(({ redisMemory }) => redisMemory);
  if (Math.max(...redis) > MOST_REDIS_BYTES) reasons.push(`Redis used ${mebibytes(Math.max(...redis))}`);
  const longest = Math.max(...samples.map(({ logLength }) => logLength));
  if (longest > LONGEST_LOG) reasons.push(`the log had ${longest} entries`);
  if (minutes < LONG_ENOUGH_TO_JUDGE_TRENDS) return reasons;

  const disconnected = intervals.filter(({ coherent }) => coherent < report.instances).length;
  if (disconnected > 0) reasons.push(`not all instances were coherent at the end of ${disconnected} intervals`);
  // Measured after a collection: before one, V8 uses what it may, whatever is in use. A leak of ten bytes a read would be far above this.
  const rss = trend(intervals.map((interval) => interval.rss));
  const mostRss = rss.early * 1.1 + report.instances * 4 * MB;
  if (rss.late > mostRss) reasons.push(`RSS grew from ${mebibytes(rss.early)} to ${mebibytes(rss.late)}`);
  const heap = trend(intervals.map(({ heapUsed }) => heapUsed));
  if (heap.late > heap.early * 1.1 + report.instances * 2 * MB)
    reasons.push(`the heaps grew from ${mebibytes(heap.early)} to ${mebibytes(heap.late)}`);
  const delay = trend(intervals.map(({ delayP99 }) => delayP99));
  if (delay.late > delay.early * 1.5 + 5)
    reasons.push(`event-loop delay p99 grew from ${rounded(delay.early)} to ${rounded(delay.late)} ms`);
  const memory = trend(redis);
  if (memory.late > memory.early + 2 * MB)
    reasons.push(`the memory of Redis grew from ${mebibytes(memory.early)} to ${mebibytes(memory.late)}`);
  if (propagation.p99 >= 5) reasons.push(`propagation p99 ${propagation.p99} ms is not below 5 ms`);
  return reasons;
}

/**
 * The level after warming up and the level at the end: the medians of the second and of the last fifth.
 *
 * @param {readonly number[]} samples in the order in which they were taken
 */
function trend(samples) {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  return { early: median(samples.slice(fifth, 2 * fifth)), late: median(samples.slice(-fifth)) };
}
