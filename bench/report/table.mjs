import { decimal, number } from '../../scripts/markdown.mjs';
import { definitionsFor, isMet } from '../targets.mjs';

/**
 * @typedef {import('../targets.mjs').Definition & { row: import('../run.mjs').Row, met: boolean | undefined }} Result `met` is
 *   `undefined` where nothing is asked
 */

/**
 * @param {Record<string, import('../run.mjs').Row>} rows
 * @param {number} node the major version on which they were measured
 * @returns {Result[]}
 */
export function verdicts(rows, node) {
  return definitionsFor(node).flatMap((definition) => {
    const row = rows[definition.id];
    if (!row) return [];
    const isAsked = Object.keys(definition.target).length > 0;
    return [{ ...definition, row, met: isAsked ? isMet(definition.target, row) : undefined }];
  });
}

/**
 * @param {readonly Result[]} results
 * @param {{ isMeant: boolean }} options whether the figures mean anything, and are held against the targets
 */
export function printTable(results, { isMeant }) {
  const lines = [
    ['work', 'ours', 'against', 'theirs', 'ratio (middle half)', 'target', ''],
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
 * What a table says of a result: the work, our figure, against what, theirs, the ratio and the target.
 *
 * @param {Result} result
 */
export function cellsOf({ work, against, unit, row, target }) {
  return [
    work,
    figure(row.ours, unit),
    against,
    row.theirs === undefined ? '' : figure(row.theirs, unit),
    ratioOf(row, target),
    targetOf(target, unit),
  ];
}

/**
 * @param {import('../run.mjs').Row} row
 * @param {import('../targets.mjs').Target} target
 */
function ratioOf({ ratio }, { faster }) {
  if (!ratio) return '';
  const { median, low = NaN, high = NaN } = ratio;
  const of = (/** @type {number} */ value) => decimal(faster === undefined ? value : 1 / value);
  const [from, to] = faster === undefined ? [low, high] : [high, low];
  return Number.isNaN(low) ? `${of(median)} ×` : `${of(median)} × (${of(from)}–${of(to)})`;
}

/**
 * @param {import('../targets.mjs').Target} target
 * @param {import('../targets.mjs').Unit} unit
 */
function targetOf({ times, orMoreBy, faster, more, atMost, atLeast }, unit) {
  if (times !== undefined) return `≤ ${times} ×${orMoreBy === undefined ? '' : ` or + ${figure(orMoreBy, unit)}`}`;
  if (faster !== undefined) return `≥ ${faster} × faster`;
  if (more !== undefined) return `≥ ${more} ×`;
  if (atMost !== undefined) return `≤ ${figure(atMost, unit)}`;
  return atLeast === undefined ? 'reported' : `≥ ${figure(atLeast, unit)}`;
}

/**
 * @param {number} value
 * @param {import('../targets.mjs').Unit} unit
 */
function figure(value, unit) {
  if (unit === 'ns' && value >= 1e6) return `${decimal(value / 1e6)} ms`;
  if (unit === 'ns' && value >= 1e4) return `${decimal(value / 1e3)} µs`;
  return `${unit === 'ms' || unit === 'µs' ? decimal(value) : number(value)} ${unit}`;
}
