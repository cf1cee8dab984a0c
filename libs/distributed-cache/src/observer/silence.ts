import type { ListedMember } from '../protocol/member.js';

/** What a member is like that does not answer: `'no answer'` while Redis has heard of it lately. @internal */
export type Silence = 'no answer' | 'cut off or gone';

/** @param listed - `undefined`: it is not on the list of members @internal */
export function silenceOf(listed: ListedMember | undefined): Silence {
  return listed && listed.syncAge > mostBetweenSyncs(listed.member.maxStaleness) ? 'cut off or gone' : 'no answer';
}

/** An instance syncs three times while its lease lasts, and at least every five seconds. One sync may fail. */
function mostBetweenSyncs(maxStaleness: number): number {
  return 2 * Math.min(maxStaleness / 3, 5_000);
}
