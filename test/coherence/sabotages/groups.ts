import { AppliedInvalidations } from '../../../libs/distributed-cache/src/coherence/applied-invalidations.js';
import { OpenGroup } from '../../../libs/distributed-cache/src/coherence/follow/open-group.js';
import { replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';

/** What lets several invalidations take effect as one. */
export const OF_GROUPS: Sabotages = {
  /** The receiver takes each message of an eviction for the whole eviction. */
  'parts of one call': { disable: () => replaced(OpenGroup.prototype, { part: () => false }) },

  /** A result that was served a copy inside of a group is overtaken only by what comes after its own beginning. */
  'copies served inside of a group': {
    disable: () =>
      replaced(AppliedInvalidations.prototype, {
        overtakenAt(mark, region, key, tags) {
          return this.firstCovering(mark, region, key, tags);
        },
      }),
  },

  /** Who asks after the end of a group is given a result from inside, until a later invalidation overtakes that. */
  'late readers after a group': {
    isRare: true,
    disable: () => {
      const { overtakenAt } = AppliedInvalidations.prototype;
      return replaced(AppliedInvalidations.prototype, {
        overtakenAt(mark, region, key, tags, servedIn) {
          const first = this.firstCovering(mark, region, key, tags);
          return first ?? overtakenAt.call(this, mark, region, key, tags, servedIn);
        },
      });
    },
  },
};
