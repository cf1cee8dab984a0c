import { AppliedInvalidations } from '../../../libs/distributed-cache/src/coherence/applied-invalidations.js';
import { OpenGroup } from '../../../libs/distributed-cache/src/coherence/follow/open-group.js';
import { UnfinishedParts } from '../../../libs/distributed-cache/src/coherence/publish/parts.js';
import { PARTS_AMONG_OTHERS, REFUSED_PARTS, REPLAYS } from '../themes/parts.js';
import { replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';

/** What lets several invalidations take effect as one. */
export const OF_GROUPS: Sabotages = {
  /** The receiver takes each message of an eviction for the whole eviction. */
  'parts of one call': { disable: () => replaced(OpenGroup.prototype, { part: () => false }) },

  /** What a replay brings takes effect one by one, except for the parts of one call. */
  'replays as one': { theme: REPLAYS, disable: () => replaced(OpenGroup.prototype, { fellBehind() {} }) },

  /** Only the part that was refused is sent again. */
  'parts sent again together': {
    isRare: true,
    theme: REFUSED_PARTS,
    disable: () => replaced(UnfinishedParts.prototype, { sent: () => undefined }),
  },

  /** A part is acknowledged as soon as it is applied. */
  'acknowledgements at the end of a group': {
    isRare: true,
    disable: () => {
      const { applied } = OpenGroup.prototype;
      return replaced(OpenGroup.prototype, {
        applied(token, _isPart, operation) {
          applied.call(this, token, false, operation);
        },
      });
    },
  },

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
    theme: PARTS_AMONG_OTHERS,
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
