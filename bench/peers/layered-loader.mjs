import { Redis } from 'ioredis';
import { NODE_MAJOR } from '../measure/node-major.mjs';

/** The newest version that runs on this Node: 16 needs Node 22. */
export const LAYERED_LOADER = NODE_MAJOR >= 22 ? 'layered-loader' : 'layered-loader-14';

/**
 * A loader with a cache in memory. With a `port` it publishes and receives invalidations through that Redis.
 *
 * @template Value
 * @param {{ port?: number, maxItems: number, ttl: number, load: (key: string) => Promise<Value>, keyOf?: (value: Value) => string }} given `ttl` in ms; `keyOf`: only `getMany` asks it
 */
export async function layeredLoader({ port, maxItems, ttl, load, keyOf }) {
  const { Loader, createNotificationPair } = await (LAYERED_LOADER === 'layered-loader'
    ? import('layered-loader')
    : import('layered-loader-14'));
  /** @type {import('layered-loader').LoaderConfig<Value>} */
  const config = {
    inMemoryCache: { cacheType: 'lru-map', maxItems, ttlInMsecs: ttl },
    ...(keyOf && { cacheKeyFromValueResolver: keyOf }),
    dataSources: [{ name: 'source', get: load, getMany: (keys) => Promise.all(keys.map(load)) }],
  };
  if (port === undefined) return new Loader(config);
  const { publisher, consumer } = createNotificationPair({
    channel: 'layered-loader',
    publisherRedis: new Redis(port),
    consumerRedis: new Redis(port),
  });
  return new Loader({ ...config, notificationConsumer: consumer, notificationPublisher: publisher });
}
