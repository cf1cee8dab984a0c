import type { DistributedCache } from '../cache/distributed-cache.js';
import type { CancelTimer, Clock } from '../common/clock.js';
import { RedisUnavailableError } from '../errors.js';
import type { ChosenBridge } from './bridge/choose-bridge.js';

/** How long boot waits for Redis before it goes on without, in ms. */
export const BOOT_WAIT = 1_000;

/** @internal */
export type BootOutcome = 'synced' | 'given up' | 'closed';

/**
 * Waits for the first sync of `cache`: for {@link BOOT_WAIT}, or, when the application must not start without, as long as it is tried.
 *
 * @param closed - resolves when the cache is closed meanwhile: then no try follows that could end the wait
 * @throws {RedisUnavailableError} with `abortConnect`, when all tries have failed
 *
 * @internal
 */
export async function firstSyncAtBoot(
  cache: DistributedCache,
  { abortConnect, connectRetry, bridge }: ChosenBridge,
  clock: Clock,
  closed: Promise<void>,
): Promise<BootOutcome> {
  const isClosed = closed.then(() => 'closed' as const);
  if (!abortConnect) return inTime(Promise.race([synced(cache.firstSync(Infinity)), isClosed]), clock);
  try {
    return await Promise.race([synced(cache.firstSync(connectRetry)), isClosed]);
  } catch (error) {
    throw new RedisUnavailableError(
      `${bridge?.target ?? 'Redis'} could not be reached in ${connectRetry} ${connectRetry === 1 ? 'try' : 'tries'} ` +
        `(${error instanceof Error ? error.message : 'no reason given'}), and abortConnect forbids to start without it. ` +
        `Start Redis, correct the connection string, or drop abortConnect to start disconnected.`,
      { cause: error },
    );
  }
}

async function synced(firstSync: Promise<void>): Promise<'synced'> {
  await firstSync;
  return 'synced';
}

async function inTime(outcome: Promise<BootOutcome>, clock: Clock): Promise<BootOutcome> {
  let cancel: CancelTimer = () => {};
  const waited = new Promise<BootOutcome>((resolve) => {
    cancel = clock.schedule(() => resolve('given up'), BOOT_WAIT);
  });
  try {
    return await Promise.race([outcome, waited]);
  } finally {
    cancel();
  }
}
