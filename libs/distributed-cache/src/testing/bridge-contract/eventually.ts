import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL = 5;

/** The result of `attempt`, tried again until it no longer fails or `patience` ms are over; it then fails as the last attempt did. @internal */
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
