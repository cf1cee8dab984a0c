import { ACCOUNTS } from './accounts.js';
import { BYPASS } from './bypass.js';
import { CALLBACKS } from './callbacks.js';
import { CHAINS } from './chains.js';
import { CONTEXTS } from './contexts.js';
import { MEMBERS } from './members.js';
import { PARTS, PARTS_AMONG_OTHERS, PARTS_THAT_MIX, REFUSED_PARTS, REPLAYS } from './parts.js';
import { PREVIOUS_VALUES } from './previous-values.js';
import type { Theme } from './theme.js';

/** Everything alike. */
const ANYTHING: Theme = { kind: 'anything', weight: 20 };

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
];
