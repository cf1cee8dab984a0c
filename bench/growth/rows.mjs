/** @typedef {import('../targets.mjs').Definition} Definition */

/** The exponent of a cost that stays the same, with what the caches of the processor add to work on more memory. */
const FLAT = 0.15;
/** The exponent of a cost in proportion, with what the same and the collection of garbage add. */
const LINEAR = 1.2;

/** All calls of a tick are alive at once, so the collection of garbage copies each of them, the more often the more there are. */
const TICK = 1.45;
/** A loader looks once at each load that the joined one waits for, which shows only when they are thousands. */
const JOINS = 0.4;

/** The rows of the groups `growth` and `simulation`. @type {readonly Definition[]} */
export const GROWTH_ROWS = [
  grows('regions-ever', 'an eviction here and one of a peer', 'regions ever loaded in', FLAT),
  grows('regions-full', 'a store into a full cache', 'regions with entries', FLAT),
  grows('stats', '`stats()`', 'regions ever loaded in', LINEAR),
  grows('clear', '`clear()` of everything, here and in a peer', 'regions with entries', LINEAR),
  grows('slow-load', 'evictions of other keys while a load runs', 'their number', LINEAR),
  {
    id: 'growth/slow-load/loads',
    work: 'loads until the value of that load is stored',
    against: '',
    unit: 'loads',
    target: { atMost: 1 },
  },
  grows('slow-load/miss', 'a miss and an eviction of another key', 'evictions since a slow load began', FLAT),
  grows('evict-many', '`evictMany` until dropped by a peer', 'keys of the call', LINEAR),
  lost('evict-many', '`evictMany` of 120 000 keys'),
  grows('evict-tick', '`evict()` in one tick until dropped by a peer', 'calls', TICK),
  lost('evict-tick', '120 000 `evict()` in one tick'),
  grows('tags-lately', '`evictTags` of one tag', 'other tags evicted lately', 0.2),
  grows('one-tag', 'a store into a full cache', 'entries, all with one tag', FLAT),
  grows('joins', 'joining a load from inside a loader', 'loads that the joined one waits for', JOINS),
  grows('evict-tags', 'longest stall of `evictTags`', 'entries of the tag', undefined),
  grows('load-many', 'longest stall of `getOrLoadMany`', 'ids', undefined),
  grows('everywhere', 'bytes that Redis sends for an eviction everywhere', 'instances', 1.1),
  grows('boot', 'boot while Redis is down', 'named caches', FLAT),
  {
    id: 'simulation/loads',
    work: 'loads of an evicted key, of 1 000 instances that all read it',
    against: 'of each instance',
    unit: 'loads',
    target: { atMost: 1 },
  },
];

/**
 * A row about the exponent of a curve.
 *
 * @param {string} id
 * @param {string} work
 * @param {string} by what there is more and more of
 * @param {number | undefined} atMost `undefined`: the row is only reported
 * @returns {Definition}
 */
function grows(id, work, by, atMost) {
  const target = atMost === undefined ? {} : { atMost };
  return { id: `growth/${id}`, work, against: `by ${by}`, unit: 'exponent', target };
}

/**
 * A row about the entries of a peer that left although nobody evicted them.
 *
 * @param {string} id
 * @param {string} work
 * @returns {Definition}
 */
function lost(id, work) {
  return {
    id: `growth/${id}/lost`,
    work: `other entries that a peer loses by ${work}`,
    against: '',
    unit: 'entries',
    target: { atMost: 0 },
  };
}
