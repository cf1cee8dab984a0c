import type { InvalidationBridge } from 'nestjs-distributed-cache';
import { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import { resolveSettings } from '../../../libs/distributed-cache/src/module/options/resolve-settings.js';

/** A server that never answers, over a connection that does not keep the process alive. */
const SILENT: InvalidationBridge = {
  target: 'a silent server',
  dial: () => new Promise(() => {}),
  isAfter: () => false,
};

const WAITS: Readonly<Record<string, (cache: DistributedCache) => Promise<unknown>>> = {
  'an eviction everywhere': (cache) => cache.region('r').evict('1', { everywhere: { timeout: '300ms' } }),
  'a clear everywhere': (cache) => cache.clear({ everywhere: { timeout: '300ms' } }),
  'a read that joins a load which waits for the read': async (cache) => {
    const region = cache.region('r');
    let join: () => void = () => {};
    const joined = new Promise<void>((resolve) => (join = resolve));
    const outer = region.getOrLoad('1', () => joined.then(() => 'outer'));
    // The context of the loader is lost, as in a batcher, so nobody sees the circle.
    const inner = region.getOrLoad('1', () => 'inner');
    void inner.then(join);
    return Promise.all([outer, inner]);
  },
};

/** Waits for something with nothing else to do, and prints how the wait ended. @param what - a name in {@link WAITS} */
export async function main(what: string): Promise<void> {
  const cache = new DistributedCache(resolveSettings({ bridge: SILENT }));
  cache.start(SILENT);
  try {
    await WAITS[what]?.(cache);
    console.log('resolved');
  } catch (error) {
    console.log(error instanceof Error ? error.name : 'rejected');
  }
}
