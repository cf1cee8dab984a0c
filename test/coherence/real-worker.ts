import { serve } from '../../tools/child-process.mjs';
import { Random } from '../../tools/random.mjs';
import type { RedisServer } from '../support/redis/redis-server.js';
import { serverVersion } from '../support/redis/server-version.js';
import { RealWorld } from './real-world.js';
import { Schedule } from './schedule.js';
import { MAX_STALENESS } from './simulate.js';
import { count, newTally, type Tally } from './tally.js';
import { THEMES } from './themes/themes.js';

/** How many times as much is read in a real second as in a simulated one. */
const DENSITY = 200;

const REAL_THEMES = THEMES.filter(({ isSimulated }) => !isSimulated);

/** The Redis of this process; started for the first schedule, and stopped with the process. */
let server: Promise<RedisServer> | undefined;

const commands = {
  /** Runs one schedule. The same seed gives the same plan, but not the same history. */
  async run({ seed }: { readonly seed: number }): Promise<{ readonly tally: Tally; readonly redis: string }> {
    server ??= RealWorld.server();
    const running = await server;
    const world = RealWorld.on(running, `real-${seed}`, MAX_STALENESS);
    const schedule = new Schedule(world, new Random(seed), { density: DENSITY, themes: REAL_THEMES });
    await schedule.run();
    await world.close();
    const { figures, violations } = world.history;
    const tally = newTally();
    count(tally, { seed, theme: schedule.theme.kind, figures, violations, faults: schedule.faults });
    return { tally, redis: await serverVersion(running.client()) };
  },
};

export type RealWorkerCommands = typeof commands;

export function main(): void {
  serve(commands);
}
