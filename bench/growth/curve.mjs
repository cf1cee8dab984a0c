import { decimal, number } from '../../tools/figures.mjs';
import { median } from '../../tools/statistics.mjs';

/**
 * How the cost of one work grows with something of which there can be more and more. A curve has four points.
 *
 * @typedef {object} Curve
 * @property {string} id of its row in `targets.mjs`
 * @property {string} by what there is more and more of
 * @property {'µs' | 'ms' | 'bytes'} unit of the cost
 * @property {readonly number[]} sizes how many there are of it at each point
 * @property {number} [rounds] default: those of the effort. Fewer, where one measurement takes seconds
 * @property {(size: number, work: import('../run.mjs').Work) => Promise<Prepared>} prepare
 * @property {string} [countId] the row of what is counted beside the cost. The largest count of all points is shown
 */

/**
 * What is measured at one point.
 *
 * @typedef {object} Prepared
 * @property {() => number | Promise<number>} cost one measurement, in the unit of the curve
 * @property {() => number} [count] what has been counted in the measurements so far
 * @property {() => unknown} [stop]
 */

/** @typedef {{ size: number, cost: number }} Point */

/**
 * Measures all points in turns, so that whatever slows the machine for a while slows all of them. The first round warms up. The median of
 * the others counts.
 *
 * @param {Curve} curve
 * @param {import('../run.mjs').Work} work
 * @returns {Promise<{ points: Point[], exponent: number, count: number | undefined }>}
 */
export async function measured(curve, work) {
  const { effort } = work;
  const places = [];
  for (const [index, full] of curve.sizes.entries()) {
    // At least one more than the point before: a line through equal sizes has no slope.
    const size = Math.max(index + 1, Math.round(full * effort.growthScale));
    places.push({ size, prepared: await curve.prepare(size, work), costs: /** @type {number[]} */ ([]) });
  }
  const rounds = Math.min(curve.rounds ?? effort.rounds, effort.rounds);
  // A short run does not warm up.
  for (let round = rounds === 1 ? 1 : 0; round <= rounds; round += 1) {
    for (const { prepared, costs } of places) {
      globalThis.gc?.({ type: 'minor' });
      const cost = await prepared.cost();
      if (round > 0) costs.push(cost);
    }
  }
  const counts = places.flatMap(({ prepared }) => prepared.count?.() ?? []);
  for (const { prepared } of places) await prepared.stop?.();
  const points = places.map(({ size, costs }) => ({ size, cost: median(costs) }));
  return { points, exponent: exponentOf(points), count: counts.length === 0 ? undefined : Math.max(...counts) };
}

/**
 * The slope of the straight line through the logarithms of the points, by least squares: 0 for a cost that stays the same, 1 for one that
 * grows in proportion, 2 for its square.
 *
 * @param {readonly Point[]} points
 */
export function exponentOf(points) {
  const logs = points.map(({ size, cost }) => ({ x: Math.log(size), y: Math.log(cost) }));
  const mean = (/** @type {(log: { x: number, y: number }) => number} */ of) =>
    logs.reduce((sum, log) => sum + of(log), 0) / logs.length;
  const [x, y] = [mean((log) => log.x), mean((log) => log.y)];
  return mean((log) => (log.x - x) * (log.y - y)) / mean((log) => (log.x - x) ** 2);
}

/**
 * The points of a curve, in a line.
 *
 * @param {readonly Point[]} points
 * @param {string} unit
 */
export function pointsInWords(points, unit) {
  return points.map(({ size, cost }) => `${number(size)}: ${decimal(cost)} ${unit}`).join(', ');
}

/**
 * The mean time of `times` calls, one after the other, in µs.
 *
 * @param {number} times
 * @param {(index: number) => unknown} run
 */
export async function microsecondsOf(times, run) {
  const startedAt = performance.now();
  for (let index = 0; index < times; index += 1) await run(index);
  return ((performance.now() - startedAt) * 1_000) / times;
}
