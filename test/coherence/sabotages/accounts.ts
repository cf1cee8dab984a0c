import { Loads } from '../../../libs/distributed-cache/src/cache/loading/loads.js';
import { Publisher } from '../../../libs/distributed-cache/src/coherence/publish/publisher.js';
import { ACCOUNTS } from '../themes/accounts.js';
import { replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';

/** What makes the statistics, and what an eviction says, true. */
export const OF_ACCOUNTS: Sabotages = {
  /** Loads whose result is neither shared nor stored are not counted. */
  'uncoordinated loads counted': {
    disable: () =>
      replaced(Loads.prototype, {
        async uncoordinated(_region, key, source) {
          return source.uncoordinated(key);
        },
      }),
  },

  /** A load that was fenced while it ran, by a tag that its result does not have, is not counted as fenced. */
  'fenced by given tags': {
    theme: ACCOUNTS,
    disable: () => {
      const { start } = Loads.prototype;
      return replaced(Loads.prototype, {
        start(region, key, request) {
          const load = start.call(this, region, key, request);
          return Object.defineProperty(load, 'isFenced', { get: () => false, set() {} });
        },
      });
    },
  },

  /** A listener of the state 'coherent' is called while the publisher has no link yet. */
  'link before the state': {
    disable: () => {
      const { resume } = Publisher.prototype;
      return replaced(Publisher.prototype, {
        resume(link) {
          queueMicrotask(() => resume.call(this, link));
        },
      });
    },
  },
};
