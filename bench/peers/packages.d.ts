/**
 * The parts of the packages of `bench/package.json` that the bench uses. These packages are not installed at the root, so `tsc -p bench`
 * reads their types here; TypeScript prefers these declarations to the packages' own, so the check gives the same result before and
 * after `npm ci` in `bench/`.
 */

declare module 'lru-cache' {
  export class LRUCache<Key, Value> {
    /** `ttl` in ms. */
    constructor(options: { max: number; ttl: number });
    get(key: Key): Value | undefined;
    set(key: Key, value: Value): this;
    clear(): void;
  }
}

declare module '@cacheable/memory' {
  export class KeyvCacheableMemory {
    /** `ttl` in ms. */
    constructor(options: { ttl: number; lruSize: number });
  }
}

declare module 'async-cache-dedupe' {
  export function createCache(options: {
    /** In s. */
    ttl: number;
    storage: { type: 'memory'; options: { size: number } };
  }): Cache;

  export interface Cache {
    define<Name extends string, Load>(name: Name, load: Load): this & Record<Name, Load>;
  }
}

declare module 'layered-loader' {
  import type { Redis } from 'ioredis';

  export interface LoaderConfig<Value> {
    cacheKeyFromValueResolver?: (value: Value) => string;
    inMemoryCache: { cacheType: 'lru-map'; maxItems: number; ttlInMsecs: number };
    dataSources: {
      name: string;
      get: (key: string) => Promise<Value>;
      getMany: (keys: string[]) => Promise<Value[]>;
    }[];
    notificationConsumer?: NotificationConsumer<Value>;
    notificationPublisher?: NotificationPublisher<Value>;
  }

  export class Loader<Value> {
    constructor(config: LoaderConfig<Value>);
    init(): Promise<void>;
    get(key: string): Promise<Value | undefined | null>;
    getMany(keys: string[]): Promise<Value[]>;
    getInMemoryOnly(key: string): Value | undefined | null;
    invalidateCacheFor(key: string): Promise<void>;
    close(): Promise<void>;
  }

  export interface NotificationPublisher<Value> {
    set(key: string, value: Value | null): Promise<unknown>;
  }

  export interface NotificationConsumer<Value> {
    setTargetCache(cache: { set(key: string, value: Value | null): unknown }): void;
  }

  export function createNotificationPair<Value>(config: {
    channel: string;
    publisherRedis: Redis;
    consumerRedis: Redis;
  }): { publisher: NotificationPublisher<Value>; consumer: NotificationConsumer<Value> };
}

declare module 'layered-loader-14' {
  export * from 'layered-loader';
}

declare module 'bentocache' {
  import type { MemoryDriver } from 'bentocache/drivers/memory';
  import type { RedisBusDriver, RedisDriver } from 'bentocache/drivers/redis';

  export interface BentoStore {
    useL1Layer(driver: MemoryDriver): this;
    useL2Layer(driver: RedisDriver): this;
    useBus(driver: RedisBusDriver): this;
  }
  export function bentostore(): BentoStore;

  export class BentoCache {
    constructor(options: { default: string; stores: Record<string, BentoStore> });
    /** `ttl` in ms. */
    set(options: { key: string; value: unknown; ttl: number; skipBusNotify?: boolean }): Promise<boolean>;
    /** `ttl` in ms. */
    getOrSet<Value>(options: { key: string; factory: () => Promise<Value>; ttl: number }): Promise<Value>;
    has(options: { key: string }): Promise<boolean>;
    delete(options: { key: string }): Promise<boolean>;
    disconnectAll(): Promise<void>;
  }
}

declare module 'bentocache/drivers/memory' {
  export interface MemoryDriver {
    readonly options: { readonly maxItems: number };
  }
  export function memoryDriver(options: { maxItems: number }): MemoryDriver;
}

declare module 'bentocache/drivers/redis' {
  export interface RedisBusDriver {
    readonly options: { readonly connection: { readonly host: string; readonly port: number } };
  }
  export function redisBusDriver(options: { connection: { host: string; port: number } }): RedisBusDriver;

  export interface RedisDriver {
    readonly options: { readonly connection: { readonly host: string; readonly port: number } };
  }
  export function redisDriver(options: { connection: { host: string; port: number } }): RedisDriver;
}

declare module 'cacheable' {
  import type { RedisMessageProvider } from '@qified/redis';

  export class Cacheable {
    /** `ttl` in ms. */
    constructor(options: { ttl: number; sync: { qified: RedisMessageProvider } });
    /** `ttl` in ms. */
    getOrSet<Value>(key: string, load: () => Promise<Value>, options: { ttl: number }): Promise<Value | undefined>;
    delete(key: string): Promise<boolean>;
  }
}

declare module '@qified/redis' {
  export class RedisMessageProvider {
    constructor(options: { uri: string; id: string });
    readonly id: string;
  }
}

declare module 'mitata' {
  export function measure(
    run: () => unknown,
    options: {
      /** In ns. */
      min_cpu_time: number;
      min_samples: number;
      batch_threshold: number;
      warmup_samples: number;
      warmup_threshold: number;
      gc: () => void;
    },
  ): Promise<{
    /** In ns. */
    avg: number;
  }>;
}

declare module 'autocannon' {
  /** `sampleInt` in ms. */
  export default function autocannon(options: {
    url: string;
    headers?: Record<string, string>;
    connections: number;
    amount: number;
    sampleInt: number;
  }): PromiseLike<{
    readonly '2xx': number;
    readonly '3xx': number;
  }> & { on(event: 'response', listener: () => void): void };
}

declare module 'echarts/dist/echarts.esm.mjs' {
  export interface Axis {
    type: 'category' | 'log' | 'value';
    min?: number;
    data?: string[];
    name?: string;
    nameLocation?: 'middle';
    nameGap?: number;
    splitLine?: { show: boolean };
  }

  export interface Series {
    type: 'bar' | 'line';
    name?: string;
    symbol?: 'none';
    yAxisIndex?: number;
    lineStyle?: { type: 'solid' | 'dashed'; color?: string };
    itemStyle?: { color: string };
    label?: { show: boolean; position: 'right' };
    data: (number | { value: number; itemStyle: { color: string } })[];
  }

  export interface ChartOption {
    animation?: boolean;
    backgroundColor?: string;
    color?: string[];
    textStyle?: { fontFamily: string };
    title?: { text: string; textStyle: { fontSize: number } };
    grid?: { left: number; right: number; top: number; bottom: number; containLabel: boolean };
    legend?: { top: number; itemGap: number };
    xAxis: Axis;
    yAxis: Axis | Axis[];
    series: Series[];
  }

  export interface Chart {
    setOption(option: ChartOption): void;
    renderToSVGString(): string;
    dispose(): void;
  }

  export function init(
    element: null,
    theme: null,
    options: { renderer: 'svg'; ssr: boolean; width: number; height: number },
  ): Chart;
}
