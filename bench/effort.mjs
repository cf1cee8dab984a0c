/**
 * How much is measured: enough for figures that mean something.
 *
 * @typedef {typeof FULL} Effort
 */
export const FULL = {
  /** Rounds in which the contenders take turns. */
  rounds: 11,
  /** The time of each contender in each round. */
  milliseconds: 80,
  /** The time of each load in each round of propagation. */
  seconds: 0.5,
  propagationRounds: 5,
  /** Evictions before the first round of propagation, so that the code is compiled. */
  warmUp: 20_000,
  /** Rounds of work that takes seconds. */
  fewRounds: 3,
  /** Rounds of work that takes milliseconds. */
  manyRounds: 15,
  /** Rounds of two builds. */
  earlierRounds: 7,
  /** What each server answers in each round, over HTTP. */
  requestsInARow: 4_000,
  httpRounds: 11,
  /** Requests of each trace that the bench makes itself. */
  requests: 500_000,
  /** Entries of a large cache. */
  entries: 1_000_000,
  /** How long a large cache is watched after `clear`. */
  settleMilliseconds: 2_000,
  /** Entries whose memory is measured. */
  smallEntries: 200_000,
  /** Evicted keys that an instance receives at once. */
  burst: 100_000,
  /** Keys that we, and then each peer, evict as fast as possible. */
  keys: 100_000,
  peerKeys: 20_000,
  /** Evictions between two readings of Redis' counters, and the time between two readings without evictions. */
  evictions: 5_000,
  idleMilliseconds: 3_000,
  /** The part of the sizes of a curve of growth. */
  growthScale: 1,
};

/** Shows that every group runs; the figures mean nothing. @type {Effort} */
export const SHORT = {
  rounds: 1,
  milliseconds: 5,
  seconds: 0.02,
  propagationRounds: 1,
  warmUp: 100,
  fewRounds: 1,
  manyRounds: 2,
  earlierRounds: 1,
  requestsInARow: 200,
  httpRounds: 1,
  requests: 20_000,
  entries: 20_000,
  settleMilliseconds: 100,
  smallEntries: 10_000,
  burst: 10_000,
  keys: 16_000,
  peerKeys: 1_000,
  evictions: 100,
  idleMilliseconds: 500,
  growthScale: 0.01,
};
