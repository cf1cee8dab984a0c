import { systemClock, type Clock } from '../common/clock.js';
import { errorFrom } from '../common/error-from.js';
import type { RedisObservation } from '../redis/link/redis-observation.js';
import type { Examination } from './examination.js';
import { time } from './table.js';

/** How far the clock of the server may go wrong while it is watched, in ms. */
const TOLERANCE = 250;
const WATCHED_FOR = 500;

/**
 * Whether the clock of the server goes on evenly: the ages of log entries are told by it, and evictions everywhere wait by it.
 *
 * @param clock - of this process
 *
 * @internal
 */
export async function lookAtClock(
  server: Pick<RedisObservation, 'call'>,
  examination: Examination,
  clock: Clock = systemClock,
): Promise<void> {
  try {
    const [from, begun] = [await serverNow(server), clock.now()];
    await new Promise<void>((resolve) => void clock.schedule(resolve, WATCHED_FOR, { keepsAlive: true }));
    const wrong = (await serverNow(server)) - from - (clock.now() - begun);
    if (Math.abs(wrong) <= TOLERANCE) return examination.ok('clock', 'the clock of the server goes on evenly');
    examination.failed(
      'clock',
      `the clock of the server has jumped by ${time(Math.abs(wrong))} within ${time(WATCHED_FOR)}: evictions everywhere wait longer. Let NTP slew the clock instead of stepping it`,
    );
  } catch (error) {
    examination.failed('clock', `TIME is refused, which the scripts need: ${errorFrom(error).message}`);
  }
}

/** The time of the server, in ms. */
async function serverNow(server: Pick<RedisObservation, 'call'>): Promise<number> {
  const reply = await server.call('TIME');
  const [seconds, microseconds] = Array.isArray(reply) ? reply.map(Number) : [];
  return (seconds ?? 0) * 1_000 + (microseconds ?? 0) / 1_000;
}
