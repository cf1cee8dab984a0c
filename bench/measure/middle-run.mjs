import { median } from '../../tools/statistics.mjs';

/** @typedef {import('../run.mjs').Measured} Measured */

/**
 * Takes each row from the run in which its ratio is the middle one, and the series from the run of its row.
 *
 * @param {readonly Measured[]} runs an odd number
 * @returns {Measured}
 */
export function middleOf(runs) {
  /** @type {Measured} */
  const { rows: rowsOfFirst, seriesRow, series } = runs[0] ?? { rows: {} };
  /** @type {Measured['rows']} */
  const rows = {};
  for (const [id, row] of Object.entries(rowsOfFirst)) rows[id] = middleRun(runs, id)?.rows[id] ?? row;
  const drawn = seriesRow === undefined ? series : (middleRun(runs, seriesRow)?.series ?? series);
  return { rows, ...(drawn && { series: drawn }) };
}

/**
 * @param {readonly Measured[]} runs an odd number
 * @param {string} id of a row
 */
function middleRun(runs, id) {
  const middle = median(runs.map((run) => figureOf(run, id)));
  return runs.find((run) => figureOf(run, id) === middle);
}

/**
 * The figure by which a row is chosen: its ratio, or ours when it has none.
 *
 * @param {Measured} run
 * @param {string} id
 */
function figureOf({ rows }, id) {
  const row = rows[id];
  return row?.ratio?.median ?? row?.ours ?? NaN;
}
