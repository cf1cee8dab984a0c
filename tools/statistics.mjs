/**
 * The smallest of the values that at least `percent` of them do not exceed ("nearest rank"): always one of the values.
 *
 * @param {readonly number[]} values in any order
 * @param {number} percent from 0 to 100; 0 gives the smallest value, 100 the largest
 * @throws {RangeError} when there are no values, or `percent` is out of its range
 */
export function percentile(values, percent) {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`A percentile is between 0 and 100, not ${percent}.`);
  const sorted = values.toSorted((a, b) => a - b);
  // The product comes first: percents are whole numbers almost always, and then it has no rounding error.
  const rank = Math.max(1, Math.ceil((percent * sorted.length) / 100));
  const value = sorted[rank - 1];
  if (value === undefined) throw new RangeError('There is no percentile of no values.');
  return value;
}

/**
 * The 50th percentile. Of an even number of values it is the lower one of the two in the middle.
 *
 * @param {readonly number[]} values
 * @throws {RangeError} when there are no values
 */
export function median(values) {
  return percentile(values, 50);
}

/**
 * The median, and the 25th and the 75th percentile: the bounds of the middle half.
 *
 * @typedef {{ median: number, low: number, high: number }} Spread
 *
 * @param {readonly number[]} values
 * @returns {Spread}
 * @throws {RangeError} when there are no values
 */
export function spread(values) {
  return { median: median(values), low: percentile(values, 25), high: percentile(values, 75) };
}

/** @param {readonly number[]} values */
export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * Rounds to two decimals, for a report.
 *
 * @param {number} value
 */
export function rounded(value) {
  return Math.round(value * 100) / 100;
}
