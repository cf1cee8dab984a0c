/**
 * How much is measured.
 *
 * @typedef {typeof FULL} Effort
 */
export const FULL = {
  /** Rounds in which the contenders take turns. */
  rounds: 11,
  /** Of each contender in each round. */
  milliseconds: 80,
  /** Of each load in each round. */
  seconds: 0.5,
  propagationRounds: 3,
  /** Evictions before that, for the compiler. */
  warmUp: 20_000,
  /** Rounds of what takes seconds. */
  fewRounds: 3,
  /** Rounds of what takes milliseconds. */
  manyRounds: 15,
  /** Of each server in each round, over HTTP. */
  httpSeconds: 2,
  httpRounds: 3,
  /** Entries of a large cache. */
  entries: 1_000_000,
  /** How long it is watched after it was cleared. */
  settleMilliseconds: 2_000,
  /** Entries whose memory is measured. */
  smallEntries: 200_000,
  /** Keys that an instance receives at once. */
  burst: 100_000,
  /** Keys that are evicted as fast as possible, by us and by each peer. */
  keys: 100_000,
  peerKeys: 20_000,
  /** Evictions that Redis' counters are read around, and how long they are read without. */
  evictions: 5_000,
  idleMilliseconds: 3_000,
};

/** Shows that all of it runs; its figures mean nothing. @type {Effort} */
export const SHORT = {
  rounds: 1,
  milliseconds: 5,
  seconds: 0.02,
  propagationRounds: 1,
  warmUp: 100,
  fewRounds: 1,
  manyRounds: 2,
  httpSeconds: 1,
  httpRounds: 1,
  entries: 20_000,
  settleMilliseconds: 100,
  smallEntries: 10_000,
  burst: 10_000,
  keys: 16_000,
  peerKeys: 1_000,
  evictions: 100,
  idleMilliseconds: 500,
};
