import { AppliedInvalidations } from '../../../libs/distributed-cache/src/coherence/applied-invalidations.js';
import { Lease } from '../../../libs/distributed-cache/src/coherence/lease.js';
import { SuspendWatchdog } from '../../../libs/distributed-cache/src/coherence/suspend-watchdog.js';
import { Execution } from '../../../libs/distributed-cache/src/cache/loading/execution.js';
import { PreviousValue } from '../../../libs/distributed-cache/src/cache/loading/previous-value.js';
import { Machine } from '../machine.js';
import { answering, during, replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';

/** What keeps a copy, or what is made of it, from being served for too long. */
export const OF_STALENESS: Sabotages = {
  lease: { disable: () => replaced(Lease.prototype, { mayServe: () => true }) },

  /** A reader joins a running load however long ago that began. */
  'join rule': {
    disable: () => answering(Execution.prototype, 'loadedAtSoFar', () => Number.POSITIVE_INFINITY),
  },

  /** An instance trusts its entries after its machine was suspended. */
  watchdog: { disable: () => replaced(SuspendWatchdog.prototype, { start() {} }) },

  /** The watchdog looks at the wall clock only, which may be set back during a suspension. */
  uptime: {
    isRare: true,
    disable: () =>
      replaced(Machine.prototype, {
        uptimeNow() {
          return this.now();
        },
      }),
  },

  /** A loader is given the previous value although something that covers it was invalidated. */
  'evicted previous values': {
    disable: () => seeingPrevious(() => replaced(AppliedInvalidations.prototype, { firstCovering: () => undefined })),
  },

  /** A loader is given the previous value although the lease does not cover it. */
  'lease of previous values': {
    disable: () => seeingPrevious(() => replaced(Lease.prototype, { mayServeExpired: () => true })),
  },
};

/** Takes something out while a loader looks at its previous value. */
function seeingPrevious(disable: () => () => void): () => void {
  const { servedTo } = PreviousValue.prototype;
  return replaced(PreviousValue.prototype, {
    servedTo(execution) {
      return during(disable, () => servedTo.call(this, execution));
    },
  });
}
