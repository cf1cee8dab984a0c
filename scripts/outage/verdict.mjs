/** What the p99 of hits may be without Redis, beside that with it. */
const SLOWEST_HITS = 1.25;

const ALERT = 'DistributedCacheDisconnected';

/**
 * What docs/operations.md promises and the run has not seen. Empty: all of it was seen.
 *
 * @param {import('./report.mjs').OutageReport} report
 * @param {{ isShort: boolean }} options a short run is too short to judge times
 * @returns {readonly string[]}
 */
export function brokenPromises(
  { instances, phases, seconds, p99, errors, failedProbes, agree, lines, alerts },
  { isShort },
) {
  const healthy = (/** @type {import('./report.mjs').SecondReport | undefined} */ at, /** @type {string} */ status) =>
    at?.health[status] === instances;
  const out = seconds.filter(({ second }) => second >= 1 && second < phases.outage - 1);
  return [
    ...(errors > 0 ? [`${errors} requests failed`] : []),
    ...(failedProbes > 0 ? [`${failedProbes} probes failed`] : []),
    ...(out.every((at) => healthy(at, 'degraded')) ? [] : ['an instance was not degraded while Redis was away']),
    ...(healthy(seconds[0], 'ok') && healthy(seconds.at(-1), 'ok') ? [] : ['an instance was not well before or after']),
    ...(seconds.at(-1)?.outbox === 0 ? [] : ['something was not delivered in the end']),
    ...(agree ? [] : ['the instances do not agree in the end']),
    ...lines.filter(({ times }) => times > 1).map(({ times, text }) => `a line was logged ${times} times: ${text}`),
    ...(p99.ratio > SLOWEST_HITS && !isShort ? [`the p99 of hits was ${p99.ratio} × that with Redis`] : []),
    ...(alerts === undefined || (alerts.fired.length === 1 && alerts.fired[0] === ALERT)
      ? []
      : [`these alerts fired: ${alerts.fired.join(', ') || 'none'}`]),
  ];
}
