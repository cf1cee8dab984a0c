import type { InstanceHistory } from './instance-history.js';
import type { Moment } from './moments.js';

/** How long the list of members keeps an instance that does not sync, in ms; one with a longer `maxStaleness`, for that. */
const KEPT_FOR = 600_000;

/** When an instance was registered in one list of members. */
interface Registered {
  readonly first: Moment;
  readonly last: Moment;
}

interface List {
  readonly registered: Map<InstanceHistory, Registered>;
  /** When the first instance was registered in it. */
  since: Moment | undefined;
}

/** The instances that an eviction everywhere need not have waited for. */
export interface Unreached {
  /** Not on the list, because they had not synced for too long. In `'bypass'` such an instance serves nothing. */
  readonly absent: ReadonlySet<InstanceHistory>;
  /** Lost with an earlier list, and the one that evicted had never been on a list together with them. */
  readonly unknown: ReadonlySet<InstanceHistory>;
}

/** Who is on the list of members, by the syncs that reached the server. */
export class Members {
  /** The lists that the server lost, oldest first, and the one that it keeps. */
  readonly #lists: List[] = [{ registered: new Map(), since: undefined }];

  /** A sync of `instance` has reached the server. */
  synced(instance: InstanceHistory, moment: Moment): void {
    const list = this.#lists.at(-1);
    if (!list) return;
    list.since ??= moment;
    list.registered.set(instance, { first: list.registered.get(instance)?.first ?? moment, last: moment });
  }

  /** The server has lost the list, or is another server. */
  lost(): void {
    this.#lists.push({ registered: new Map(), since: undefined });
  }

  /** Those that an eviction of `by` does not reach now. */
  unreached(by: InstanceHistory, instances: Iterable<InstanceHistory>, now: Moment): Unreached {
    const absent = new Set<InstanceHistory>();
    const unknown = new Set<InstanceHistory>();
    for (const instance of instances) {
      if (instance === by) continue;
      const list = this.#lists.findLast(({ registered }) => registered.has(instance));
      const last = list?.registered.get(instance);
      const newest = this.#lists.at(-1);
      if (!list || !last || now.time - last.last.time > Math.max(KEPT_FOR, instance.maxStaleness)) absent.add(instance);
      else if (list !== newest && instance.maxStaleness === Infinity && isOld(newest, now)) unknown.add(instance);
      else if (list === newest || instance.servesNoLongerThan(by) || hasMet(list.registered.get(by), last)) continue;
      else unknown.add(instance);
    }
    return { absent, unknown };
  }
}

/** Whether nobody waits any more for an instance that never stops serving and is missing from the list. */
function isOld(list: List | undefined, now: Moment): boolean {
  return list?.since !== undefined && now.time - list.since.time >= KEPT_FOR;
}

/** Whether the first instance has synced after the other one had registered: it then knows how long the other one can serve. */
function hasMet(one: Registered | undefined, other: Registered): boolean {
  return one !== undefined && one.last.sequence > other.first.sequence;
}
