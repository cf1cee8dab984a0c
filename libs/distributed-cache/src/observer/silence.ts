import type { ListedMember } from '../protocol/member.js';
import { mostBetweenSyncs } from '../protocol/sync-interval.js';

/** What a member is like that does not answer: `'no answer'` while Redis has heard of it lately. @internal */
export type Silence = 'no answer' | 'cut off or gone';

/** @param listed - `undefined`: it is not on the list of members @internal */
export function silenceOf(listed: ListedMember | undefined): Silence {
  return listed && listed.syncAge > mostBetweenSyncs(listed.member.maxStaleness) ? 'cut off or gone' : 'no answer';
}
