/** The libraries that are compared, with what a table calls them. This file loads none of them. */
export const LIBRARY_NAMES = /** @type {const} */ ({
  'nestjs-distributed-cache': 'this library',
  'layered-loader': 'layered-loader',
  bentocache: 'bentocache',
  'bentocache-layered': 'bentocache, with a second layer in Redis',
  cacheable: 'cacheable, with its sync',
});

/** @typedef {keyof typeof LIBRARY_NAMES} LibraryName */

export const LIBRARIES = Object.keys(LIBRARY_NAMES).filter(isLibrary);

/**
 * What `npm run compare` has seen.
 *
 * @typedef {object} ComparisonReport
 * @property {string} date
 * @property {string} node the version
 * @property {string} redis the version
 * @property {number} runs of each fault with each library
 * @property {Readonly<Record<string, string>>} versions of the other libraries
 * @property {Seen} seen
 */

/** How often an outcome was seen, by fault, library and outcome. @typedef {Record<string, Partial<Record<LibraryName, Record<string, number>>>>} Seen */

/**
 * @param {Seen} seen
 * @param {string} fault
 * @param {LibraryName} library
 * @returns {readonly string[]} what was seen, the most frequent first
 */
export function outcomesOf(seen, fault, library) {
  return Object.entries(seen[fault]?.[library] ?? {})
    .toSorted(([, a], [, b]) => b - a)
    .map(([outcome]) => outcome);
}

/** @param {string} name @returns {name is LibraryName} */
export function isLibrary(name) {
  return name in LIBRARY_NAMES;
}
