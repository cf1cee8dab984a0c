import { Copies } from '../../../libs/distributed-cache/src/cache/copies.js';
import type { Execution } from '../../../libs/distributed-cache/src/cache/loading/execution.js';
import type { Load } from '../../../libs/distributed-cache/src/cache/loading/load.js';
import { LoadInstructions } from '../../../libs/distributed-cache/src/cache/loading/load-context.js';
import { PreviousValue } from '../../../libs/distributed-cache/src/cache/loading/previous-value.js';
import { Loads } from '../../../libs/distributed-cache/src/cache/loading/loads.js';
import type { RegionState } from '../../../libs/distributed-cache/src/cache/region-state.js';
import { AppliedInvalidations } from '../../../libs/distributed-cache/src/coherence/applied-invalidations.js';
import { Lease } from '../../../libs/distributed-cache/src/coherence/lease.js';
import type { Entry } from '../../../libs/distributed-cache/src/store/entry.js';
import { RegionStore } from '../../../libs/distributed-cache/src/store/region-store.js';
import { overriding } from '../overriding.js';
import { all, answering, replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';

/** What keeps the load policies from serving or storing what is not true. */
export const OF_POLICIES: Sabotages = {
  /** An expired value that was once served is served on after an invalidation has removed it. */
  'invalidated stale values': {
    disable: () => {
      const served = new WeakMap<RegionState, Map<string, Entry>>();
      const { staleHit } = Copies.prototype;
      return replaced(Copies.prototype, {
        staleHit(region, key, policy) {
          const known = served.get(region) ?? new Map<string, Entry>();
          served.set(region, known);
          const hit = staleHit.call(this, region, key, policy);
          if (hit) known.set(key, hit.entry);
          const entry = known.get(key);
          return entry && !hit && region.store.peek(key) === undefined ? { entry, isDue: false } : hit;
        },
      });
    },
  },

  /** An expired value is served although the lease does not cover it. */
  'lease of stale values': { disable: () => replaced(Lease.prototype, { mayServeExpired: () => true }) },

  /** The result of a load that no reader has asked for is stored, whatever was invalidated meanwhile. */
  'fence of background loads': { disable: () => unfenced(({ isBackground }) => isBackground) },

  /** A value of which its loader says that it is still correct is stored again, whatever was invalidated meanwhile. */
  'fence of kept values': {
    disable: () => {
      const kept = new WeakSet<Execution>();
      return all(
        answering(LoadInstructions.prototype, 'keep', (instructions, original) => {
          if (instructions.execution) kept.add(instructions.execution);
          return original();
        }),
        unfenced(({ execution }) => kept.has(execution)),
      );
    },
  },

  /** A value of which its loader says that it is still correct is no longer found by the tags that it had. */
  'tags of kept values': {
    disable: () => {
      const { servedTo } = PreviousValue.prototype;
      return replaced(PreviousValue.prototype, {
        servedTo(execution) {
          const served = servedTo.call(this, execution);
          return served && { ...served, tags: [] };
        },
      });
    },
  },

  /** The result of a load that has timed out takes the place of a newer one. */
  'late results': {
    disable: () => {
      let isHidden = false;
      const { peek } = RegionStore.prototype;
      return all(
        settling(({ isLate }) => {
          isHidden = isLate;
          queueMicrotask(() => (isHidden = false));
        }),
        replaced(RegionStore.prototype, {
          peek(key) {
            return isHidden ? undefined : peek.call(this, key);
          },
        }),
      );
    },
  },
};

/** Loads of this kind are stored, whatever was invalidated while they ran. */
function unfenced(isMeant: (load: Load) => boolean): () => void {
  let isExempt = false;
  const { overtakenAt } = AppliedInvalidations.prototype;
  return all(
    settling((load) => {
      isExempt = isMeant(load);
      if (!isExempt) return;
      load.isFenced = false;
      // It is not current any more, if something has fenced it.
      load.isLate = true;
    }),
    replaced(AppliedInvalidations.prototype, {
      overtakenAt(...asked) {
        const wasExempt = isExempt;
        isExempt = false;
        return wasExempt ? undefined : overtakenAt.apply(this, asked);
      },
    }),
  );
}

/** Calls `callback` with each load whose loader has ended, before anything is decided about the result. */
function settling(callback: (load: Load) => void): () => void {
  const { start } = Loads.prototype;
  return replaced(Loads.prototype, {
    start(region, key, request, options) {
      let load: Load | undefined = undefined;
      const tagsOf = (value: unknown): readonly string[] => {
        if (load) callback(load);
        return request.tagsOf(value);
      };
      load = start.call(this, region, key, overriding(request, { tagsOf }), options);
      return load;
    },
  });
}
