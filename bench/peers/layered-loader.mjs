import { Redis } from 'ioredis';
import { NODE_MAJOR } from '../measure/node-major.mjs';

/** The newest that runs here: 16 wants Node 22. */
export const LAYERED_LOADER = NODE_MAJOR >= 22 ? 'layered-loader' : 'layered-loader-14';

/**
 * In memory, with its notifications when there is a Redis to carry them.
 *
 * @param {{ port?: number, maxItems: number, ttl: number, load: (key: string) => Promise<unknown> }} given `ttl` in ms
 */
export async function layeredLoader({ port, maxItems, ttl, load }) {
  const { Loader, createNotificationPair } = await import(LAYERED_LOADER);
  const config = {
    inMemoryCache: { cacheType: 'lru-map', maxItems, ttlInMsecs: ttl },
    dataSources: [
      { name: 'source', get: load, getMany: (/** @type {string[]} */ keys) => Promise.all(keys.map(load)) },
    ],
  };
  if (port === undefined) return new Loader(config);
  const { publisher, consumer } = createNotificationPair({
    channel: 'layered-loader',
    publisherRedis: new Redis(port),
    consumerRedis: new Redis(port),
  });
  return new Loader({ ...config, notificationConsumer: consumer, notificationPublisher: publisher });
}
