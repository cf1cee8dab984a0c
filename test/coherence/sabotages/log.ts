import { LocalCache } from '../../../libs/distributed-cache/src/cache/local-cache.js';
import { Outbox } from '../../../libs/distributed-cache/src/coherence/publish/outbox.js';
import { Publisher } from '../../../libs/distributed-cache/src/coherence/publish/publisher.js';
import { FAILOVERS } from '../themes/failovers.js';
import { all, replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';
import { tampering } from './tampering.js';

/** What brings each invalidation into the log, and from there to every instance. */
export const OF_THE_LOG: Sabotages = {
  'first-sync flush': {
    disable: () => {
      const { flush } = LocalCache.prototype;
      const flushed = new WeakSet<LocalCache>();
      return replaced(LocalCache.prototype, {
        flush(reason) {
          if (flushed.has(this)) flush.call(this, reason);
          else flushed.add(this);
        },
      });
    },
  },

  /** Every server has the same epoch: the instance trusts the log of a new one, and does not publish again what the last one may have lost. */
  epoch: {
    theme: FAILOVERS,
    tamper: (bridge) =>
      tampering(bridge, (link) => ({
        sync: async (request) => {
          const reply = await link.sync(request);
          return { ...(await link.sync({ ...request, epoch: reply.epoch })), epoch: 'the only one' };
        },
      })),
  },

  replay: {
    tamper: (bridge) =>
      tampering(bridge, (link) => ({
        sync: async (request) => ({ ...(await link.sync(request)), entries: [], complete: true }),
      })),
  },

  outbox: {
    disable: () => {
      const { resume } = Publisher.prototype;
      return all(
        replaced(Outbox.prototype, { putBack() {} }),
        replaced(Publisher.prototype, {
          resume(link) {
            this.discard();
            resume.call(this, link);
          },
        }),
      );
    },
  },
};
