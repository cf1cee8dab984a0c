import type { Theme } from './theme.js';

/** Loaders that begin to read the next key and do not wait for it, until a key comes again. */
export const CHAINS: Theme = {
  kind: 'chains of loads',
  weight: 2,
  plan: (_, random) => ({ longestPause: random.pick([250, 800]), writeShare: random.pick([0.05, 0.12]) }),
  reads: [
    {
      kind: 'read in a chain',
      weight: 20,
      run: (shop, { subjects }, random) => {
        const chain = Array.from({ length: random.between(2, 5) }, () => random.pick(subjects));
        return shop.readChain(chain, { takes: random.pick([5, 60, 400]) }, random.pick([1, 2]));
      },
    },
  ],
};
