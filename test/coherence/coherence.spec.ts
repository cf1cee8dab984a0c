import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ToothReport } from './check.js';
import { SABOTAGES, without } from './sabotages/sabotages.js';
import { simulate } from './simulate.js';
import { count, newTally } from './tally.js';
import { WorkerPool } from './worker-pool.js';

/** A sample; `npm run check:coherence` runs tens of thousands, and histories on a real Redis. */
const SCHEDULES = 80;
const OBSERVED = 20;
/** Enough for the mechanism that is noticed last. */
const SCHEDULES_OF_A_TOOTH = 2_000;

/**
 * The seed at which the recorded run of `npm run check:coherence -- --teeth` has noticed that a mechanism was missing. It is tried first:
 * where histories are still what they were, one schedule is enough.
 */
const NOTICED_AT = await seedsOfRecordedTeeth();

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
  let pool: WorkerPool;
  beforeAll(() => {
    pool = new WorkerPool();
    return () => pool.stop();
  });

  it.each(OFTEN_NOTICED)(
    'without the %s',
    async (mechanism) => {
      const broken = async (first: number, schedules: number): Promise<number> =>
        (await pool.run(first, schedules, { without: mechanism })).broken;
      const seed = NOTICED_AT.get(mechanism);
      const isNoticed = seed !== undefined && (await broken(seed, 1)) > 0;
      expect(isNoticed || (await broken(1, SCHEDULES_OF_A_TOOTH)) > 0).toBe(true);
    },
    240_000,
  );

  it('but none when every mechanism is enabled again', async () => {
    for (const mechanism of OFTEN_NOTICED) await without(mechanism, (how) => simulate(1, how));
    for (let seed = 1; seed <= 5; seed += 1) expect((await simulate(seed)).violations).toEqual([]);
  });
});

async function seedsOfRecordedTeeth(): Promise<ReadonlyMap<string, number>> {
  const file = new URL('../../docs/evidence/coherence.json', import.meta.url);
  const { teeth }: { teeth: readonly ToothReport[] } = JSON.parse(await readFile(file, 'utf8'));
  return new Map(teeth.flatMap(({ mechanism, seed }) => (seed === undefined ? [] : [[mechanism, seed] as const])));
}
