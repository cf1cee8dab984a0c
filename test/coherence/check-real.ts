import { Random } from '../../tools/random.mjs';
import { reportOf, type WorldReport } from './check.js';
import { RealWorld } from './real-world.js';
import { Schedule } from './schedule.js';
import { MAX_STALENESS } from './simulate.js';
import { count, newTally } from './tally.js';
import { THEMES } from './themes/themes.js';

/** How many times as much is read in a real second as in a simulated one. */
const DENSITY = 200;

const REAL_THEMES = THEMES.filter(({ isSimulated }) => !isSimulated);

export interface RealCheckOptions {
  /** ms; no schedule begins after this time. */
  readonly time: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** Runs schedules one after another on a Redis. The same seed gives the same plan, but not the same history. */
export async function checkReal({ time, seed, say }: RealCheckOptions): Promise<WorldReport & { redis: string }> {
  const server = await RealWorld.server();
  const tally = newTally();
  const startedAt = performance.now();
  const end = startedAt + time;
  try {
    const redis = await versionOf(server.client());
    for (let next = seed; next === seed || performance.now() < end; next += 1) {
      const world = RealWorld.on(server, `real-${next}`, MAX_STALENESS);
      const schedule = new Schedule(world, new Random(next), { density: DENSITY, themes: REAL_THEMES });
      await schedule.run();
      await world.close();
      const { figures, violations } = world.history;
      count(tally, { seed: next, theme: schedule.theme.kind, figures, violations, faults: schedule.faults });
      const { kind } = schedule.theme;
      say(`real: schedule ${tally.schedules}, ${kind}: ${figures.reads} reads, ${violations.length} violations`);
      // A real history cannot be had again by its seed, so what is known of it is said at once.
      for (const { promise, instance, region, key, details } of violations.slice(0, 1))
        say(`  ${promise}, ${instance}, ${region} ${key}: ${JSON.stringify(details)}`);
    }
    return { redis, ...reportOf(tally, seed, startedAt) };
  } finally {
    await server.stop();
  }
}

async function versionOf(client: { info(section: string): Promise<string> }): Promise<string> {
  return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown';
}
