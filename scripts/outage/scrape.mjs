import { ask } from './load.mjs';

/** What an instance has told in one second: its health, its probes and its series. @typedef {{ health: string, failedProbes: number, series: Map<string, number> }} Scrape */

/**
 * Asks an instance what Prometheus and a load balancer ask.
 *
 * @param {string} origin
 * @returns {Promise<Scrape>}
 */
export async function scrape(origin) {
  const [health, live, metrics] = await Promise.all(
    ['health', 'health/live', 'metrics'].map((path) => ask(`${origin}/${path}`)),
  );
  const { status = 'none' } = health?.status === 200 ? JSON.parse(health.body) : {};
  /** @type {Map<string, number>} */
  const series = new Map();
  for (const [, name = '', value = ''] of metrics?.body.matchAll(/^(distributed_cache_\S+) (\S+)$/gm) ?? [])
    if (!name.includes('_bucket{')) series.set(name, Number(value));
  return { health: status, failedProbes: [health, live].filter((answer) => answer?.status !== 200).length, series };
}

/**
 * The sum of a metric over its series.
 *
 * @param {Scrape | undefined} scraped
 * @param {string} name
 */
export function total(scraped, name) {
  let sum = 0;
  for (const [series, value] of scraped?.series ?? []) if (series.startsWith(`${name}{`)) sum += value;
  return sum;
}
