import { Audits } from '../../../libs/distributed-cache/src/cache/auditing/audits.js';
import { Coherence } from '../../../libs/distributed-cache/src/coherence/coherence.js';
import { overriding } from '../overriding.js';
import { AUDITS } from '../themes/audits.js';
import { replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';

/** What makes an audit true. */
export const OF_AUDITS: Sabotages = {
  /** An audit does not wait for what may be on its way to its instance. */
  'sync of an audit': {
    theme: AUDITS,
    disable: () => replaced(Coherence.prototype, { nextSync: () => Promise.resolve(true) }),
  },

  /** An audit reports an entry that was removed or replaced while it ran. */
  'replaced entries': {
    theme: AUDITS,
    disable: () => {
      const { hit } = Audits.prototype;
      return replaced(Audits.prototype, {
        hit(region, key, recipe) {
          const entry = region.store.peek(key);
          const store = overriding(region.store, { peek: () => entry, holds: () => true });
          hit.call(this, overriding(region, { store }), key, recipe);
        },
      });
    },
  },

  /** Nobody looks. */
  audits: { theme: AUDITS, disable: () => replaced(Audits.prototype, { hit() {} }) },
};
