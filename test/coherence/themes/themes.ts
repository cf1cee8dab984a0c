import { withPolicies } from '../policies.js';
import { ACCOUNTS } from './accounts.js';
import { AUDITS } from './audits.js';
import { BYPASS } from './bypass.js';
import { CALLBACKS } from './callbacks.js';
import { CHAINS } from './chains.js';
import { CONTEXTS } from './contexts.js';
import { MEMBERS } from './members.js';
import { PARTS, PARTS_AMONG_OTHERS, PARTS_THAT_MIX, REFUSED_PARTS, REPLAYS } from './parts.js';
import { POLICIES } from './policies.js';
import { PREVIOUS_VALUES } from './previous-values.js';
import type { Theme } from './theme.js';
import { TRANSACTIONS } from './transactions.js';

/** Everything alike. */
const ANYTHING: Theme = {
  kind: 'anything',
  weight: 20,
  plan: ({ settings }, random) => ({
    ...(random.chance(0.2) && { settings: withPolicies(settings, random), sourceFails: random.chance(0.5) }),
    isAudited: random.chance(0.1),
  }),
};

/** The themes that a seed draws from. */
export const THEMES: readonly Theme[] = [
  ANYTHING,
  PARTS,
  PARTS_AMONG_OTHERS,
  PARTS_THAT_MIX,
  REFUSED_PARTS,
  REPLAYS,
  MEMBERS,
  CONTEXTS,
  CHAINS,
  CALLBACKS,
  PREVIOUS_VALUES,
  ACCOUNTS,
  BYPASS,
  POLICIES,
  TRANSACTIONS,
  AUDITS,
];
