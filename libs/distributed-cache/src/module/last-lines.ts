import type { Clock } from '../common/clock.js';
import { withTimeout } from '../common/timeout.js';

/** How long the last lines are waited for. With the default `drainTimeout`, PM2 still has 400 ms left before it kills. */
const WAIT = 200;

/**
 * Resolves when stdout and stderr have written out what they were given, after 200 ms at the latest.
 *
 * Nest ends the process as soon as the last shutdown hook is done. A file or a pipe of Linux has taken every line by then, but a stream
 * that writes later has not: PM2 puts one in the place of both in cluster mode (`findings/pm2-cluster-loses-the-last-lines-of-nest.sh`).
 *
 * @internal
 */
export async function lastLinesWritten(clock: Clock): Promise<void> {
  const written = Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
  );
  await withTimeout<unknown>(written, { ms: WAIT, onTimeout: () => undefined, clock });
}
