/** @param {readonly number[]} values */
export function median(values) {
  return percentile(values, 50);
}

/**
 * Linear between the neighbours, as most tools have it.
 *
 * @param {readonly number[]} values
 * @param {number} percent
 */
export function percentile(values, percent) {
  if (values.length === 0) throw new Error('There is no percentile of no values.');
  const sorted = values.toSorted((a, b) => a - b);
  const place = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/**
 * The median of some rounds, and within what the middle half of them lies.
 *
 * @typedef {{ median: number, low: number, high: number }} Spread
 *
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function spread(values) {
  return { median: median(values), low: percentile(values, 25), high: percentile(values, 75) };
}
