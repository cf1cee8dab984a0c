import type { Subject } from './moments.js';
import { tagsOf } from './shop/names.js';
import { TransactingShop } from './shop/transacting-shop.js';

export { keyOf, LISTS, rowOf, tagsOf } from './shop/names.js';
export type { Step } from './shop/transacting-shop.js';
export { LoaderFailedError, RolledBackError, type Way } from './shop/way.js';

/**
 * An application that uses one instance's cache and reports everything to the history. Every row of the source is the entry `key` of its
 * region. A list is made of such entries.
 *
 * Beside what it reads, writes and evicts, it evicts in callbacks of the cache.
 */
export class Shop extends TransactingShop {
  /** From now on, an eviction of a row evicts what depends on it, by the tag of the row, before the call that evicted it goes on. */
  evictsDependents(isWanted: () => boolean): void {
    const { instance } = this;
    instance.cache.on('evict', ({ invalidation: { keys } }) => {
      if (instance.isInCallback || !instance.isServing || !isWanted()) return;
      const rows = [...keys].flatMap(([region, its]) => [...its].map((key) => ({ region, key })));
      instance.inCallback(() => this.#evictTagsOf(rows));
    });
  }

  /** From now on, the callback that measures a value may evict it. */
  evictsWhileItMeasures(isWanted: () => boolean): void {
    const { instance } = this;
    instance.whenMeasured = ({ origin }) => {
      if (!isWanted()) return;
      instance.inCallback(() => this.evictNow(origin));
    };
  }

  /** Evicts the tags of rows. For callbacks of the cache. */
  #evictTagsOf(rows: readonly Subject[]): void {
    void this.evict(tagsOf(rows).map((tag) => ({ kind: 'tag', tag })));
  }

  /** From now on, it evicts `subject` whenever its instance has become coherent, and checks what the eviction says. */
  evictsWhenCoherent(subject: Subject): void {
    const { instance } = this;
    let lost = 0;
    instance.cache.on('state', ({ state }) => {
      if (state !== 'coherent') lost += 1;
      else if (instance.isServing) void check(lost);
    });
    const check = async (lostBefore: number): Promise<void> => {
      const asked = this.history.moment();
      const { delivered } = await instance.cache.region(subject.region).evict(subject.key);
      if (delivered || lost !== lostBefore || this.history.moment().time > asked.time) return;
      if (instance.lastFailure >= asked.sequence) return;
      instance.reports(subject, { delivered, why: 'an eviction was postponed although the link was there' });
    };
  }
}
