import type { Clock } from '../common/clock.js';
import type { SyncReply, SyncRequest } from '../protocol/invalidation-bridge.js';
import type { InvalidationTarget } from '../protocol/invalidation.js';
import { encodeSettings, mayBeUnlistedFor, mayServeFor, type Member, type MemberSettings } from '../protocol/member.js';

/** Beyond so many different settings, they are replaced by those of which others wait longest. */
const MOST_SETTINGS = 100;
/** A sync asks for the list of members no sooner again, in ms: with many instances it is long. */
const LIST_IS_RECENT = 60_000;

/**
 * What this instance knows of the other instances of its namespace: every combination of settings that it has ever seen there.
 *
 * The list of members can be lost, in a restart of the server for example, while one of its members is cut off and serves on. The settings
 * that the connected instances remember tell for how long such a member may serve.
 *
 * @internal
 */
export class Peers {
  readonly #self: Member;
  readonly #clock: Clock;
  readonly #differ: (other: Member) => void;
  /** By their text. */
  #settings = new Map<string, MemberSettings>();
  #hasSeenMembers = false;
  #listed: { readonly count: number; readonly at: number } | undefined;

  /** @param differ - called once, at the first sync, if an instance on the list has other settings than this one */
  constructor(self: Member, clock: Clock, differ: (other: Member) => void) {
    this.#self = self;
    this.#clock = clock;
    this.#differ = differ;
    this.learn([self]);
  }

  /** The part of a sync that is about the instances. */
  get request(): Pick<SyncRequest, 'remembered' | 'wantsMembers'> {
    const isRecent = this.#listed !== undefined && this.#clock.now() - this.#listed.at < LIST_IS_RECENT;
    return { remembered: [...this.#settings.values()], wantsMembers: !isRecent };
  }

  /** How many instances were on the list of members when a sync asked for it last, this one among them; `undefined`: none has. */
  get listed(): number | undefined {
    return this.#listed?.count;
  }

  /** A sync with {@link request} was answered. */
  answered({ settings, members }: SyncReply): void {
    this.learn(settings);
    this.learn(members.map(({ member }) => member));
    // Whoever syncs is on the list, so an empty one was not asked for.
    if (members.length > 0) this.#listed = { count: members.length, at: this.#clock.now() };
    if (this.#hasSeenMembers) return;
    this.#hasSeenMembers = true;
    const own = encodeSettings(this.#self);
    const other = members.find(({ member }) => encodeSettings(member) !== own);
    if (other) this.#differ(other.member);
  }

  /** Instances with these settings are in the namespace. */
  learn(settings: Iterable<MemberSettings>): void {
    for (const each of settings) {
      const text = encodeSettings(each);
      if (this.#settings.has(text) || this.#isCovered(each)) continue;
      this.#settings.set(text, each);
      if (this.#settings.size > MOST_SETTINGS) this.#merge();
    }
  }

  /**
   * For how long after an invalidation entered the log an instance may serve the old value that is missing from a list of members, in ms.
   * Negative: no such instance can.
   *
   * @param listAge - for how long the list has been complete, in ms
   */
  unlistedMayServeFor(listAge: number, targets: readonly InvalidationTarget[]): number {
    let longest = Number.NEGATIVE_INFINITY;
    for (const settings of this.#settings.values()) {
      // An instance that can be missing has not synced since the list began.
      if (listAge < mayBeUnlistedFor(settings)) longest = Math.max(longest, mayServeFor(settings, listAge, targets));
    }
    return longest;
  }

  /** Whether an instance with known settings may serve for as long as one with these, whatever is evicted. */
  #isCovered(settings: MemberSettings): boolean {
    return [...this.#settings.values()].some((known) => servesAsLong(known, settings));
  }

  #merge(): void {
    const settings = merged([...this.#settings.values()]);
    this.#settings = new Map(settings.map((each) => [encodeSettings(each), each]));
  }
}

function servesAsLong(known: MemberSettings, { maxStaleness }: MemberSettings): boolean {
  if (known.whenDisconnected === 'bypass' || known.exceptions.length > 0) return false;
  // Infinity is no longer than a finite one in every respect: see mayBeUnlistedFor.
  const isLonger = known.maxStaleness > maxStaleness && known.maxStaleness < Infinity;
  return known.maxStaleness === maxStaleness || isLonger;
}

/** Few settings, one of which may serve for as long as any of these. */
function merged(settings: readonly MemberSettings[]): MemberSettings[] {
  const all = settings.map(({ maxStaleness }) => maxStaleness);
  const longest = Math.max(0, ...all.filter((maxStaleness) => maxStaleness < Infinity));
  const kept = all.includes(Infinity) ? [longest, Infinity] : [longest];
  return kept.map((maxStaleness) => ({ maxStaleness, whenDisconnected: 'reload', exceptions: [] }));
}
