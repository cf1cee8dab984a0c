import { decimal, number } from '../../tools/figures.mjs';
import { better, definitionsFor, isMet } from '../targets.mjs';

/**
 * A row with its verdict. `met` is `undefined` for a row that is only reported.
 *
 * @typedef {import('../targets.mjs').Definition & { row: import('../run.mjs').Row, met: boolean | undefined }} Result
 */

/** The titles of {@link cellsOf}. */
export const HEAD = ['work', 'ours', 'against', 'theirs', 'ratio, ours ÷ theirs (middle half)', 'better', 'target'];

/**
 * Holds rows against their targets. Targets without a row are left out.
 *
 * @param {Record<string, import('../run.mjs').Row>} rows
 * @param {number} node the major version on which they were measured
 * @returns {Result[]}
 */
export function verdicts(rows, node) {
  return definitionsFor(node).flatMap((definition) => {
    const row = rows[definition.id];
    if (!row) return [];
    const hasLimits = Object.keys(definition.target).length > 0;
    return [{ ...definition, row, met: hasLimits ? isMet(definition.target, row) : undefined }];
  });
}

/**
 * @param {readonly Result[]} results
 * @param {{ isMeant: boolean }} options whether the figures mean anything, so that verdicts are printed
 */
export function printTable(results, { isMeant }) {
  const lines = [
    [...HEAD, ''],
    ...results.map((result) => [
      ...cellsOf(result),
      result.met === undefined || !isMeant ? '' : result.met ? 'ok' : 'MISSED',
    ]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length))) ?? [];
  console.log();
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/**
 * The cells of a result, under {@link HEAD}.
 *
 * @param {Result} result
 */
export function cellsOf({ work, against, unit, row, target }) {
  return [
    work,
    figure(row.ours, unit),
    against,
    row.theirs === undefined ? '' : figure(row.theirs, unit),
    ratioOf(row),
    better(unit),
    targetOf(target, unit),
  ];
}

/** @param {import('../run.mjs').Row} row */
export function ratioOf({ ratio }) {
  if (!ratio) return '';
  const { median, low, high } = ratio;
  const half = low === undefined || high === undefined ? '' : ` (${threeDigits(low)}–${threeDigits(high)})`;
  return `${threeDigits(median)} ×${half}`;
}

/**
 * @param {import('../targets.mjs').Target} target
 * @param {import('../targets.mjs').Unit} unit
 */
export function targetOf({ ratioAtMost, ratioAtLeast, atMost }, unit) {
  if (ratioAtMost !== undefined) return `≤ ${threeDigitsUpTo(ratioAtMost)} ×`;
  if (ratioAtLeast !== undefined) return `≥ ${ratioAtLeast} ×`;
  return atMost === undefined ? 'reported' : `≤ ${figure(atMost, unit)}`;
}

/** @param {number} ratio */
function threeDigits(ratio) {
  return ratio >= 100 ? number(ratio) : ratio.toPrecision(3);
}

/**
 * Three significant digits of an upper limit, rounded down: the printed limit is never looser than the exact one.
 *
 * @param {number} limit
 */
function threeDigitsUpTo(limit) {
  const nearest = Number(limit.toPrecision(3));
  const step = 10 ** (Math.floor(Math.log10(limit)) - 2);
  return `${nearest <= limit ? nearest : Number((nearest - step).toPrecision(3))}`;
}

/**
 * @param {number} value
 * @param {import('../targets.mjs').Unit} unit
 */
function figure(value, unit) {
  if (unit === 'exponent') return `exponent ${value.toFixed(2)}`;
  if (unit === 'ns' && value >= 1e6) return `${decimal(value / 1e6)} ms`;
  if (unit === 'ns' && value >= 1e4) return `${decimal(value / 1e3)} µs`;
  return `${unit === 'ms' || unit === 'µs' || unit === '%' ? decimal(value) : number(value)} ${unit}`;
}
