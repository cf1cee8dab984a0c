import type { MembersReply, SyncRequest } from '../protocol/invalidation-bridge.js';
import {
  decodeSettings,
  encodeSettings,
  mayBeUnlistedFor,
  staysListedFor,
  type ListedMember,
  type Member,
  type MemberSettings,
} from '../protocol/member.js';

/** An instance that is connected syncs more often, in ms. */
const MOST_BETWEEN_SYNCS = 10_000;

/** The list of members of one namespace: the counterpart of redis/link/member-list-script.ts. All its times are in ms. @internal */
export class InMemoryMembers {
  /** Each member by its id, and when it synced last. */
  readonly #members = new Map<string, { readonly member: Member; readonly syncedAt: number }>();
  /** Each combination of settings by its text, and until when it is remembered. */
  readonly #settings = new Map<string, { readonly settings: MemberSettings; readonly until: number }>();
  /** Since when the list is complete. It is from the beginning, since nobody was there before. */
  #since = Number.NEGATIVE_INFINITY;
  /** The server was restarted, and the list is complete from the next request on. */
  #isRunOver = false;
  /** The time of the list and the clock of the server, both at the last sync. */
  #last: { readonly time: number; readonly clock: number } | undefined;

  /** @param isKnown - whether the instance knew this list: otherwise the list takes over what the instance remembers */
  sync(member: Member, { remembered }: Pick<SyncRequest, 'remembered'>, isKnown: boolean, serverTime: number): void {
    const time = this.#timeAt(serverTime);
    this.#last = { time, clock: serverTime };
    this.#members.set(member.instanceId, { member, syncedAt: time });
    for (const settings of isKnown ? [member] : [member, ...remembered]) {
      const text = encodeSettings(settings);
      this.#settings.set(text, { settings: decodeSettings(text), until: time + mayBeUnlistedFor(settings) });
    }
    for (const [id, { member: each, syncedAt }] of this.#members) {
      if (syncedAt + staysListedFor(each) < time) this.#members.delete(id);
    }
    for (const [text, { until }] of this.#settings) if (until < time) this.#settings.delete(text);
  }

  leave(instanceId: string): void {
    this.#members.delete(instanceId);
  }

  /** The list now, and for how long it has been complete. */
  list(serverTime: number): Omit<MembersReply, 'id'> {
    const time = this.#timeAt(serverTime);
    const members: ListedMember[] = [];
    for (const { member, syncedAt } of this.#members.values()) {
      const syncAge = time - syncedAt;
      if (syncAge <= staysListedFor(member)) members.push({ member, syncAge });
    }
    const settings = [...this.#settings.values()].map((each) => each.settings);
    return { members, settings, listAge: time - this.#since, listBegan: 'other-server' };
  }

  /** Another run of the server keeps the list. @param isLost - whether it has lost all of it */
  restart(isLost: boolean): void {
    this.#isRunOver = true;
    if (!isLost) return;
    this.#members.clear();
    this.#settings.clear();
    this.#last = undefined;
  }

  #timeAt(serverTime: number): number {
    const { time, clock } = this.#last ?? { time: serverTime, clock: serverTime };
    const passed = serverTime - clock;
    // More without a sync means that the clock was set, or nobody was there.
    const now = passed > 0 && passed <= MOST_BETWEEN_SYNCS ? time + passed : time;
    if (this.#isRunOver) this.#since = now;
    this.#isRunOver = false;
    return now;
  }
}
