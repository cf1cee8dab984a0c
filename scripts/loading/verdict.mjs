/** Bytes that an entry may take more under `refreshOnInvalidate`. */
const MOST_BYTES = 160;

/** What a hit with `refreshAhead` may cost beside one without. */
const DEAREST_HIT = 1.15;

/**
 * What the documentation promises and the run has not seen. Empty: all of it was seen.
 *
 * @param {import('./report.mjs').LoadingReport} report
 * @param {{ isShort: boolean }} options a short run is too short to judge times
 * @returns {readonly string[]}
 */
export function brokenPromises({ readers, refreshes, sourceDown, memory, hit }, { isShort }) {
  const [plain, ...others] = memory.rows;
  const { rounds, hits, mostLoads, untrue } = refreshes;
  return [
    ...readers.rows
      .filter(({ name, loads }) => loads > (name.startsWith('no cache') ? readers.readers : 1))
      .map(({ name, loads }) => `${loads} loads of one key: ${name}`),
    ...hits
      .filter((count) => count < 0.99 * rounds)
      .map((count) => `after ${rounds} evictions, only ${count} of the next reads of an instance were hits`),
    ...(mostLoads > 1 ? [`an instance loaded a key ${mostLoads} times after one eviction`] : []),
    ...(untrue > 0 ? [`${untrue} reads were given a value from before the eviction`] : []),
    ...sourceDown.flatMap(({ name, errors, mostTries, p50 }) => [
      ...(errors > 0 ? [`the source is down, ${name}: ${errors} reads got an error`] : []),
      ...(mostTries > 1 ? [`the source is down, ${name}: ${mostTries} tries of one key within retryAfter`] : []),
      ...(p50 > 10 && !isShort ? [`the source is down, ${name}: half of the reads took more than ${p50} ms`] : []),
    ]),
    ...others.flatMap(({ name, decorated, closure }) =>
      [decorated - (plain?.decorated ?? NaN), closure - (plain?.closure ?? NaN)]
        .filter((bytes) => !(bytes <= MOST_BYTES))
        .map((bytes) => `${name}: an entry takes ${bytes} bytes more`),
    ),
    ...(hit.ratio > DEAREST_HIT && !isShort ? [`a hit with refreshAhead costs ${hit.ratio} × one without`] : []),
  ];
}
