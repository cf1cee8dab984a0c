import { OF_ACCOUNTS } from './accounts.js';
import { OF_AUDITS } from './audits.js';
import { OF_THE_FENCE } from './fence.js';
import { OF_GROUPS } from './groups.js';
import { OF_HOLDS } from './holds.js';
import { OF_LOADS } from './loads.js';
import { OF_THE_LOG } from './log.js';
import { OF_MEMBERS } from './members.js';
import { OF_POLICIES } from './policies.js';
import type { SimulateOptions } from '../simulate.js';
import type { Sabotage, Sabotages } from './sabotage.js';
import { OF_STALENESS } from './staleness.js';

export type { Sabotage };

/** The sabotages, by the mechanism that each takes out. */
export const SABOTAGES: Sabotages = {
  ...OF_THE_FENCE,
  ...OF_STALENESS,
  ...OF_LOADS,
  ...OF_THE_LOG,
  ...OF_GROUPS,
  ...OF_MEMBERS,
  ...OF_ACCOUNTS,
  ...OF_POLICIES,
  ...OF_HOLDS,
  ...OF_AUDITS,
};

/**
 * Runs `callback` without a mechanism.
 *
 * @param callback - is given how to simulate the schedules that are to notice it
 * @throws {Error} when there is no mechanism of that name
 */
export async function without<T>(name: string, callback: (how: SimulateOptions) => Promise<T>): Promise<T> {
  const sabotage = SABOTAGES[name];
  if (!sabotage) throw new Error(`There is no ${name} to take out, but: ${Object.keys(SABOTAGES).join(', ')}.`);
  const restore = sabotage.disable?.();
  try {
    const { tamper, theme } = sabotage;
    return await callback({ tamper, themes: theme && [theme] });
  } finally {
    restore?.();
  }
}
