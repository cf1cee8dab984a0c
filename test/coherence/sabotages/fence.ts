import { Copies } from '../../../libs/distributed-cache/src/cache/copies.js';
import { LocalCache } from '../../../libs/distributed-cache/src/cache/local-cache.js';
import type { LoadRequest } from '../../../libs/distributed-cache/src/cache/loading/load-request.js';
import { Loads } from '../../../libs/distributed-cache/src/cache/loading/loads.js';
import { Region } from '../../../libs/distributed-cache/src/cache/region.js';
import { AppliedInvalidations } from '../../../libs/distributed-cache/src/coherence/applied-invalidations.js';
import { overriding } from '../overriding.js';
import { all, replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';

/** What keeps a result out that was overtaken while it was made. */
export const OF_THE_FENCE: Sabotages = {
  /** The record that the fence consults: a load or a put no longer learns that it was overtaken. */
  'applied invalidations': { disable: () => replaced(AppliedInvalidations.prototype, { record() {} }) },

  'put fence': {
    disable: () =>
      replaced(Region.prototype, {
        async update(key, method, options) {
          const value = await method();
          await this.set(key, value, options);
          return value;
        },
      }),
  },

  /** The fence is asked before a value is measured and cloned, which calls the application. */
  'fence after sizeOf': {
    disable: () => {
      const fence = new EarlyFence();
      const { prepared } = Copies.prototype;
      return all(
        fence.disable(),
        replaced(Copies.prototype, {
          prepared(...asked) {
            return fence.before(() => prepared.call(this, ...asked));
          },
        }),
      );
    },
  },

  /** The fence is asked before the application is asked for the tags of a value. */
  'fence after tags': {
    disable: () => {
      const fence = new EarlyFence();
      const { start } = Loads.prototype;
      const early = (request: LoadRequest): LoadRequest =>
        overriding(request, { tagsOf: (value) => fence.before(() => request.tagsOf(value)) });
      return all(
        fence.disable(),
        replaced(Loads.prototype, {
          start(region, key, request) {
            return start.call(this, region, key, early(request));
          },
        }),
      );
    },
  },

  /** Listeners hear of an eviction in the midst of a put or a set, and what they evict is stored after all. */
  'listeners told afterwards': { disable: () => replaced(LocalCache.prototype, { asOne: (change) => change() }) },
};

/** Takes the answer of the fence early: what callbacks evict meanwhile reaches the fence only when the value is stored. */
class EarlyFence {
  #callbacks = 0;

  before<T>(callback: () => T): T {
    this.#callbacks += 1;
    try {
      return callback();
    } finally {
      this.#callbacks -= 1;
    }
  }

  disable(): () => void {
    const { record } = AppliedInvalidations.prototype;
    const { applyInvalidation } = Loads.prototype;
    const later = (apply: () => void): void => {
      // The value is stored in the same turn.
      if (this.#callbacks > 0) queueMicrotask(apply);
      else apply();
    };
    return all(
      replaced(AppliedInvalidations.prototype, {
        record(...applied) {
          later(() => record.call(this, ...applied));
        },
      }),
      replaced(Loads.prototype, {
        applyInvalidation(invalidation) {
          later(() => applyInvalidation.call(this, invalidation));
        },
      }),
    );
  }
}
