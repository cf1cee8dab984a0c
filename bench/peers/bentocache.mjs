import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';

/**
 * A cache in memory. With a `port` it publishes and receives invalidations through that Redis, which can hold a second layer of values.
 *
 * @param {{ port?: number, maxItems: number, isSecondLayerOn?: boolean }} given
 */
export function bentocache({ port, maxItems, isSecondLayerOn = false }) {
  const store = bentostore().useL1Layer(memoryDriver({ maxItems }));
  if (port !== undefined) {
    const connection = { host: '127.0.0.1', port };
    if (isSecondLayerOn) store.useL2Layer(redisDriver({ connection }));
    store.useBus(redisBusDriver({ connection }));
  }
  return new BentoCache({ default: 'memory', stores: { memory: store } });
}
