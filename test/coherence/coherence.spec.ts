import { describe, expect, it } from 'vitest';
import { SABOTAGES, without } from './sabotages/sabotages.js';
import { simulate } from './simulate.js';
import { count, newTally } from './tally.js';

/** A sample; `npm run check:coherence` runs tens of thousands, and histories on a real Redis. */
const SCHEDULES = 80;
const OBSERVED = 20;
/** Enough for the mechanism that is noticed last. */
const SCHEDULES_OF_A_TOOTH = 2_000;

/** The others take minutes: `npm run check:coherence -- --teeth` takes out all of them. */
const OFTEN_NOTICED = Object.keys(SABOTAGES).filter((mechanism) => !SABOTAGES[mechanism]?.isRare);

describe('A random history of several instances under faults', () => {
  it('breaks no promise', async () => {
    const tally = newTally();
    for (let seed = 1; seed <= SCHEDULES; seed += 1) count(tally, await simulate(seed));
    expect(tally.violations).toEqual([]);
    // A proof that it has checked something, copies included that were nearly too old.
    expect(tally.figures.reads).toBeGreaterThan(50 * SCHEDULES);
    expect(tally.figures.worstStaleness).toBeGreaterThan(1_000);
  });

  it('breaks no promise while observers ask all the time, and no instance answers more often than is stated', async () => {
    const tally = newTally();
    for (let seed = 1; seed <= OBSERVED; seed += 1) count(tally, await simulate(seed, { isObserved: true }));
    expect(tally.violations).toEqual([]);
    // They ask several times as often as an instance answers.
    expect(tally.figures.answers).toBeGreaterThan(100 * OBSERVED);
  });

  it('is the same when it is run again with its seed', async () => {
    const [once, again] = [await simulate(7), await simulate(7)];
    expect(again).toEqual(once);
  });
});

describe('A random history of which the checker has disabled a mechanism breaks a promise', () => {
  it.each(OFTEN_NOTICED)(
    'without the %s',
    async (mechanism) => {
      const found = await without(mechanism, async (how) => {
        for (let seed = 1; seed <= SCHEDULES_OF_A_TOOTH; seed += 1) {
          const { violations } = await simulate(seed, how);
          if (violations.length > 0) return violations;
        }
        return [];
      });
      expect(found).not.toEqual([]);
    },
    240_000,
  );

  it('but none when every mechanism is enabled again', async () => {
    for (let seed = 1; seed <= 5; seed += 1) expect((await simulate(seed)).violations).toEqual([]);
  });
});
