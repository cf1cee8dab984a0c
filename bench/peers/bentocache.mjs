import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver } from 'bentocache/drivers/redis';

/**
 * A cache in memory. With a `port` it publishes and receives invalidations through that Redis.
 *
 * @param {{ port?: number, maxItems: number }} given
 */
export function bentocache({ port, maxItems }) {
  const store = bentostore().useL1Layer(memoryDriver({ maxItems }));
  if (port !== undefined) store.useBus(redisBusDriver({ connection: { host: '127.0.0.1', port } }));
  return new BentoCache({ default: 'memory', stores: { memory: store } });
}
