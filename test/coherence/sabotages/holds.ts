import { HeldCopies } from '../../../libs/distributed-cache/src/cache/holding/held-copies.js';
import { Hold } from '../../../libs/distributed-cache/src/cache/holding/hold.js';
import { Holds } from '../../../libs/distributed-cache/src/cache/holding/holds.js';
import { LocalCache } from '../../../libs/distributed-cache/src/cache/local-cache.js';
import { unsafeCast } from '../../../libs/distributed-cache/src/common/unsafe-cast.js';
import { replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';

/** What keeps a transaction to itself until it has ended. */
export const OF_HOLDS: Sabotages = {
  /** What is evicted in a hold is evicted at once, before the commit. */
  'held evictions': {
    disable: () =>
      replaced(LocalCache.prototype, {
        evict(targets, options) {
          return this.evictNow(targets, options);
        },
      }),
  },

  /** A hold that fails ends as one that succeeds. */
  'dropped holds': {
    disable: () => {
      const { run } = Holds.prototype;
      return replaced(Holds.prototype, {
        run<T>(hold: Hold, callback: () => T): T {
          const runOne = run<T>;
          const running = runOne.call(this, hold, callback);
          if (running instanceof Promise) return unsafeCast(running.catch(() => undefined));
          return running;
        },
      });
    },
  },

  /** What is loaded or put in a hold is a copy for everybody at once. */
  'copies of a hold': {
    disable: () => {
      const { set } = HeldCopies.prototype;
      return replaced(HeldCopies.prototype, {
        set(region, entry) {
          set.call(this, region, entry);
          region.store.set(entry, 0);
        },
      });
    },
  },

  /** Readers outside join the loads of a hold. */
  'loads of a hold': { disable: () => replaced(Hold.prototype, { regionOf: (region) => region }) },
};
