import { median, percentile, rounded } from '../../tools/statistics.mjs';
import { total } from './scrape.mjs';

/** @typedef {import('./load.mjs').Answer} Answer */

/** Seconds over which the p99 of both sides is taken and compared. */
const WINDOW = 10;

/**
 * All instances together, second by second.
 *
 * @param {object} given
 * @param {readonly { at: number, of: readonly import('./scrape.mjs').Scrape[] }[]} given.scrapes
 * @param {readonly Answer[]} given.reads
 * @param {number} given.killedAt
 * @returns {import('./report.mjs').SecondReport[]}
 */
export function secondsOf({ scrapes, reads, killedAt }) {
  return scrapes.slice(1).map(({ at, of }, index) => {
    const before = scrapes[index];
    const from = before?.at ?? at;
    const grown = (/** @type {string} */ name) =>
      of.reduce((sum, each, instance) => sum + total(each, name) - total(before?.of[instance], name), 0);
    const took = reads.filter((read) => read.at >= from && read.at < at).map((read) => read.took);
    /** @type {Record<string, number>} */
    const health = {};
    for (const each of of) health[each.health] = (health[each.health] ?? 0) + 1;
    const oldest = (/** @type {string} */ name) => rounded(Math.max(...of.map((each) => total(each, name))));
    return {
      second: Math.floor((at - killedAt) / 1_000),
      health,
      hits: grown('distributed_cache_hits_total'),
      loads: grown('distributed_cache_loads_total'),
      outbox: of.reduce((sum, each) => sum + total(each, 'distributed_cache_outbox'), 0),
      outboxAge: oldest('distributed_cache_outbox_age_seconds'),
      leaseAge: oldest('distributed_cache_lease_age_seconds'),
      p99: took.length === 0 ? 0 : rounded(percentile(took, 99)),
    };
  });
}

/**
 * The p99 of hits beside that of another instance in the same seconds, so that what else the machine does is on both sides; and how this
 * has changed with the death of Redis, so that what tells the two apart for other reasons is in both.
 *
 * @param {{ reads: readonly Answer[], control: readonly Answer[], from: number, killedAt: number, to: number }} given
 * @returns {import('./report.mjs').OutageReport['p99']}
 */
export function p99Of({ reads, control, from, killedAt, to }) {
  const before = windowsOf({ reads, control, from, to: killedAt });
  const out = windowsOf({ reads, control, from: killedAt, to });
  const ratioOf = (/** @type {typeof out} */ windows) => median(windows.map(({ hits, other }) => hits / other));
  return {
    ratio: rounded(ratioOf(out) / ratioOf(before)),
    before: {
      hits: rounded(median(before.map(({ hits }) => hits))),
      control: rounded(median(before.map(({ other }) => other))),
    },
    outage: {
      hits: rounded(median(out.map(({ hits }) => hits))),
      control: rounded(median(out.map(({ other }) => other))),
    },
  };
}

/** @param {{ reads: readonly Answer[], control: readonly Answer[], from: number, to: number }} given */
function windowsOf({ reads, control, from, to }) {
  const count = Math.max(1, Math.floor((to - from) / (WINDOW * 1_000)));
  const length = (to - from) / count;
  return Array.from({ length: count }, (_, index) => {
    const start = from + index * length;
    const within = (/** @type {readonly Answer[]} */ answers) =>
      percentile(
        answers
          .filter((each) => each.cache === 'HIT' && each.at >= start && each.at < start + length)
          .map(({ took }) => took),
        99,
      );
    return { hits: within(reads), other: within(control) };
  });
}

/**
 * Which lines the instances have logged, and how often.
 *
 * @param {readonly import('./sample-instance.mjs').SampleInstance[]} instances
 * @returns {import('./report.mjs').LineReport[]}
 */
export function linesOf(instances) {
  const known = new Map(
    instances.flatMap(({ lines }) => lines.map(({ level, text }) => [`${level} ${text}`, { level, text }])),
  );
  return Array.from(known.values(), ({ level, text }) => {
    const counts = instances.map(({ lines }) => lines.filter((line) => line.text === text).length);
    return { level, text, times: Math.max(...counts), instances: counts.filter((count) => count > 0).length };
  });
}
