/** Between two syncs, in ms, however long `maxStaleness` is: a dead link should be noticed soon. */
const LONGEST = 5_000;

/** From one sync to the next, in ms: an instance syncs three times while its lease lasts. A bridge may ask for more. @internal */
export function syncInterval(maxStaleness: number): number {
  return Math.min(maxStaleness / 3, LONGEST);
}

/** For how long, in ms, Redis may not hear of an instance that is well: one sync may fail. @internal */
export function mostBetweenSyncs(maxStaleness: number): number {
  return 2 * syncInterval(maxStaleness);
}
