/**
 * A whole number with a space between the thousands.
 *
 * @param {number} value
 */
export function number(value) {
  return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
}

/**
 * About three digits: two decimals below 10, one below 100, none above.
 *
 * @param {number} value
 */
export function decimal(value) {
  return value >= 100 ? number(value) : value.toFixed(value >= 10 ? 1 : 2);
}

/** @param {number} bytes */
export function mebibytes(bytes) {
  const value = bytes / 2 ** 20;
  return `${value.toFixed(value < 10 ? 1 : 0)} MiB`;
}
