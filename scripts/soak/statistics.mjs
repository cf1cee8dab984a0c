/**
 * The value below which `share` of the numbers lie.
 *
 * @param {readonly number[]} numbers
 * @param {number} share
 */
export function percentile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  return percentile(numbers, 0.5);
}

/**
 * How something was after it had warmed up, and how it is at the end: the medians of the second and the last fifth.
 *
 * @param {readonly number[]} samples in the order in which they were taken
 */
export function trend(samples) {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  return { early: median(samples.slice(fifth, 2 * fifth)), late: median(samples.slice(-fifth)) };
}

/** @param {readonly number[]} numbers */
export function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/** @param {number} number */
export function rounded(number) {
  return Math.round(number * 100) / 100;
}
