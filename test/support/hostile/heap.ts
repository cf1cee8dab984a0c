import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** How many bytes of the heap are in use once all garbage is collected. */
export async function heapInUse(): Promise<number> {
  if (typeof collectGarbage !== 'function') throw new Error('V8 gives no gc()');
  // What the current turn of the event loop still holds is no leak; the second round collects what finalizers let go of.
  for (let round = 0; round < 2; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}
