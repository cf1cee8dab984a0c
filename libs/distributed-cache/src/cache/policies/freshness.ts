import type { Lease } from '../../coherence/lease.js';
import type { WhenDisconnected } from '../../protocol/member.js';
import type { Entry } from '../../store/entry.js';
import type { LoadPolicy } from './load-policies.js';

/**
 * What may be done with an entry that has expired:
 *
 * - `'revalidate'`: it is served, and loaded again in the background.
 * - `'wait out'`: it is served, and not loaded before `retryAfter` has passed since the last load failed.
 * - `'last resort'`: it is served in place of a load that fails.
 * - `'gone'`: it is not served.
 *
 * @internal
 */
export type Staleness = 'revalidate' | 'wait out' | 'last resort' | 'gone';

/** Whether the entry is served as it is: its TTL has not ended, and the lease covers it. Every hit asks this. @internal */
export function isFresh(entry: Entry, now: number, lease: Lease, whenDisconnected: WhenDisconnected): boolean {
  // An entry that the lease does not cover stays in the store: the next sync may cover it again.
  return now < entry.expiresAt && (lease.isLive(now) || lease.mayServe(entry.loadedAt, now, whenDisconnected));
}

/** What may be done at `now` with an entry that {@link isFresh} has refused, under the policy of its reader. @internal */
export function stalenessOf(
  entry: Entry,
  now: number,
  lease: Lease,
  whenDisconnected: WhenDisconnected,
  { staleWhileRevalidate, staleIfError }: LoadPolicy,
): Staleness {
  const expiredFor = now - entry.expiresAt;
  if (expiredFor < 0 || !lease.mayServeExpired(entry.loadedAt, now, whenDisconnected)) return 'gone';
  const { care } = entry;
  const hasJustFailed = care?.nextLoadAt !== undefined && now < care.nextLoadAt;
  if (hasJustFailed) return expiredFor < staleIfError ? 'wait out' : 'gone';
  if (expiredFor < staleWhileRevalidate) return 'revalidate';
  return expiredFor < staleIfError ? 'last resort' : 'gone';
}

/**
 * Whether an expired entry stays in the store: for the reader that has met it, for others, who have the policy of the region at least, or
 * for those with the policy under which it was stored.
 *
 * @internal
 */
export function isKept({ expiresAt, care }: Entry, now: number, ofReader: LoadPolicy, ofRegion: LoadPolicy): boolean {
  return now < expiresAt + Math.max(ofReader.keptFor, ofRegion.keptFor, care?.keptFor ?? 0);
}
