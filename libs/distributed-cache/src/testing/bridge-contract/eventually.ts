import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL = 5;

/**
 * The result of `attempt`, which is tried again until it no longer fails, or until `patience` ms are over. It then fails as the last
 * attempt did.
 *
 * @internal
 */
export async function eventually<T>(attempt: () => T | Promise<T>, patience: number): Promise<T> {
  const until = performance.now() + patience;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= until) throw error;
    }
    await sleep(INTERVAL);
  }
}
