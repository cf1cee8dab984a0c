import type { DistributedCache } from '../cache/distributed-cache.js';
import type { Clock } from '../common/clock.js';
import { detached } from '../common/detached.js';
import { withTimeout } from '../common/timeout.js';
import { RedisUnavailableError } from '../errors.js';
import type { ChosenBridge } from './bridge/chosen-bridge.js';

/** How long boot waits for the first sync before it goes on without it, in ms. */
export const BOOT_WAIT = 1_000;

/** How the wait ended: with a sync, after {@link BOOT_WAIT} without one, or because the cache was closed. @internal */
export type BootOutcome = 'synced' | 'given up' | 'closed';

/**
 * Waits for the first sync of `cache`: for {@link BOOT_WAIT} at most, or with `abortConnect` until `connectRetry` attempts have failed.
 *
 * @param closed - resolves when the cache is closed; no further attempt would end the wait then
 * @throws {RedisUnavailableError} with `abortConnect`, when all attempts have failed
 *
 * @internal
 */
export async function firstSyncAtBoot(
  cache: DistributedCache,
  { abortConnect, connectRetry, bridge }: ChosenBridge,
  clock: Clock,
  closed: Promise<void>,
): Promise<BootOutcome> {
  // Boot may go on without the sync, and then nothing ends this wait until there is one.
  const outcome: Promise<BootOutcome> = detached(() =>
    Promise.race([
      synced(cache.firstSync(abortConnect ? connectRetry : Infinity)),
      closed.then(() => 'closed' as const),
    ]),
  );
  if (!abortConnect) return withTimeout(outcome, { ms: BOOT_WAIT, onTimeout: () => 'given up', clock });
  try {
    return await outcome;
  } catch (error) {
    throw new RedisUnavailableError(
      `${bridge?.target ?? 'Redis'} could not be reached in ${connectRetry} ${connectRetry === 1 ? 'attempt' : 'attempts'} ` +
        `(${error instanceof Error ? error.message : 'no reason given'}), and with abortConnect the application does not start without it. ` +
        `Start Redis, correct the connection string, or leave out abortConnect to start disconnected.`,
      { cause: error },
    );
  }
}

async function synced(firstSync: Promise<void>): Promise<'synced'> {
  await firstSync;
  return 'synced';
}
