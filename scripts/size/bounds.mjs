/** @typedef {import('./measure.mjs').Size} Size */

const MEBIBYTE = 2 ** 20;

/**
 * What may not be exceeded without a decision: whoever raises a bound says in the commit what the bytes are for.
 *
 * @type {readonly { what: string, most: number, isSize: boolean, of: (size: Size) => number }[]}
 */
export const BOUNDS = [
  { what: 'the tarball', most: 1.2 * MEBIBYTE, isSize: true, of: ({ tarball }) => tarball },
  { what: 'the package, unpacked', most: 5.5 * MEBIBYTE, isSize: true, of: ({ unpacked }) => unpacked },
  { what: 'the code of it, in `dist`', most: 4.5 * MEBIBYTE, isSize: true, of: ({ parts }) => parts['dist'] ?? 0 },
  { what: 'its install, with its dependencies', most: 6 * MEBIBYTE, isSize: true, of: ({ alone }) => alone.size },
  { what: 'the packages of its install', most: 5, isSize: false, of: ({ alone }) => alone.packages },
  {
    what: 'its install with `cache-manager` and `ioredis`',
    most: 8.5 * MEBIBYTE,
    isSize: true,
    of: ({ withPeers }) => withPeers.size,
  },
  {
    what: 'the packages of its install with these two',
    most: 18,
    isSize: false,
    of: ({ withPeers }) => withPeers.packages,
  },
];

/**
 * The bounds that are exceeded, in words.
 *
 * @param {Size} size
 */
export function exceeded(size) {
  return BOUNDS.flatMap((bound) => {
    const is = bound.of(size);
    if (is <= bound.most) return [];
    return [`${bound.what.replaceAll('`', '')}: ${inWords(bound, is)}, and may be ${inWords(bound, bound.most)}`];
  });
}

/**
 * @param {{ isSize: boolean }} bound
 * @param {number} value
 */
export function inWords({ isSize }, value) {
  return isSize ? `${(value / MEBIBYTE).toFixed(2)} MiB` : `${value}`;
}
