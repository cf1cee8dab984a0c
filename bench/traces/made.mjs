import { randomFrom } from './random.mjs';

/**
 * Requests for keys, in order: numbers from 0 on.
 *
 * @typedef {object} Trace
 * @property {string} name
 * @property {Uint32Array} requests
 */

const KEYS = 20_000;

/**
 * Traces of kinds that applications have. The same ones in every run.
 *
 * @param {number} length of each
 * @returns {Trace[]}
 */
export function madeTraces(length) {
  return [
    { name: 'zipf', requests: made(length, zipf(randomFrom(1), KEYS, 0.9)) },
    { name: 'zipf with scans', requests: made(length, withScans(randomFrom(2))) },
    { name: 'loop', requests: made(length, (index) => index % KEYS) },
    { name: 'shifting', requests: made(length, shifting(randomFrom(3), length)) },
    { name: 'one-hit flood', requests: made(length, withFlood(randomFrom(4))) },
  ];
}

/**
 * @param {number} length
 * @param {(index: number) => number} keyAt
 */
function made(length, keyAt) {
  return Uint32Array.from({ length }, (_, index) => keyAt(index));
}

/**
 * A few keys are asked for very often, most seldom.
 *
 * @param {() => number} random
 * @param {number} keys
 * @param {number} exponent
 */
function zipf(random, keys, exponent) {
  const sums = new Float64Array(keys);
  let sum = 0;
  for (let key = 0; key < keys; key += 1) {
    sum += (key + 1) ** -exponent;
    sums[key] = sum;
  }
  return () => {
    const drawn = random() * sum;
    let from = 0;
    let to = keys - 1;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((sums[middle] ?? sum) < drawn) from = middle + 1;
      else to = middle;
    }
    return from;
  };
}

/** Now and then somebody reads through many keys, each once. @param {() => number} random */
function withScans(random) {
  const draw = zipf(random, KEYS, 0.9);
  let next = KEYS;
  let left = 0;
  return () => {
    if (left === 0 && random() < 1 / 20_000) left = 5_000;
    if (left === 0) return draw();
    left -= 1;
    next += 1;
    return next;
  };
}

/**
 * What is asked for most changes ten times.
 *
 * @param {() => number} random
 * @param {number} length
 */
function shifting(random, length) {
  const draw = zipf(random, KEYS, 1);
  return (/** @type {number} */ index) => (draw() + Math.floor((index * 10) / length) * 2_000) % KEYS;
}

/** Every second request is for a key that nobody asks for again. @param {() => number} random */
function withFlood(random) {
  const draw = zipf(random, KEYS, 0.9);
  let next = KEYS;
  return () => {
    if (random() < 0.5) return draw();
    next += 1;
    return next;
  };
}
