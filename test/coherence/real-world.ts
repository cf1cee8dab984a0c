import { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { CacheSettings } from '../../libs/distributed-cache/src/cache/settings.js';
import { systemClock } from '../../libs/distributed-cache/src/common/clock.js';
import { RedisInvalidationBridge } from '../../libs/distributed-cache/src/redis/redis-invalidation-bridge.js';
import { cacheSettings } from '../support/instances/cache-settings.js';
import { RedisProxy } from '../support/redis/redis-proxy.js';
import { RedisServer } from '../support/redis/redis-server.js';
import { History } from './history.js';
import { fewAnswers, Observers } from './observers.js';
import { realFaults } from './real-faults.js';
import { ServerFaults } from './server-faults.js';
import { Shop } from './shop.js';
import { optionsOf, type Fault, type Member, type World } from './world.js';

export interface RealMember extends Member {
  readonly proxy: RedisProxy;
}

/** A private Redis, instances, each of which reaches it through a proxy of its own, and observers. It runs in real time. */
export class RealWorld implements World<RealMember> {
  readonly clock = systemClock;
  readonly history: History;
  readonly faults: readonly Fault<RealMember>[];
  readonly #namespace: string;
  readonly #server: ServerFaults;
  readonly #observers: Observers;
  readonly #proxies = new Set<RedisProxy>();

  private constructor(server: RedisServer, namespace: string, maxStaleness: number) {
    this.history = new History({ now: systemClock.now, maxStaleness });
    this.#namespace = namespace;
    this.#server = new ServerFaults(server, namespace);
    this.faults = realFaults(this.#server);
    const bridge = new RedisInvalidationBridge({ connectionString: `127.0.0.1:${server.port},connectTimeout=1000` });
    this.#observers = new Observers(bridge, namespace, systemClock, this.history);
    this.#observers.start();
  }

  /** @param server - other worlds may use it too, each with a namespace of its own */
  static on(server: RedisServer, namespace: string, maxStaleness: number): RealWorld {
    return new RealWorld(server, namespace, maxStaleness);
  }

  /** Starts a server whose data survive a restart. */
  static server(): Promise<RedisServer> {
    return RedisServer.start({ persistent: true, args: ['--appendfsync', 'always'] });
  }

  async join(name: string, settings: Partial<CacheSettings>): Promise<RealMember> {
    const proxy = await RedisProxy.start(this.#server.port);
    this.#proxies.add(proxy);
    const instance = this.history.instance(name, optionsOf(settings));
    const { maxStaleness } = this.history;
    const { sizeOf } = instance;
    const cache = new DistributedCache(
      cacheSettings({ ...settings, namespace: this.#namespace, maxStaleness, sizeOf }),
    );
    instance.watch(cache);
    const bridge = new RedisInvalidationBridge({ connectionString: `127.0.0.1:${proxy.port},connectTimeout=1000` });
    const overheard = this.history.overheard(instance, this.history.witnessed(bridge));
    cache.start(fewAnswers(this.history, instance, systemClock.now, overheard));
    return {
      shop: new Shop(this.history, instance, systemClock),
      proxy,
      isRunning: true,
      whenRunning: (callback) => callback(),
    };
  }

  kill({ shop, proxy }: RealMember): void {
    shop.instance.dies();
    this.#proxies.delete(proxy);
    // Closing sends messages, and a dead process would not send any.
    proxy.cut();
    void shop.instance.cache.close().then(() => proxy.stop());
  }

  async heal(): Promise<void> {
    await this.#server.heal();
    for (const proxy of this.#proxies) proxy.restore();
  }

  run<T>(running: Promise<T>): Promise<T> {
    return running;
  }

  async close(): Promise<void> {
    this.#observers.stop();
    await this.#server.heal();
    this.#server.close();
    await Promise.all(Array.from(this.#proxies, (proxy) => proxy.stop()));
  }
}
