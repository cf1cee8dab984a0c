import type { EvictOptions } from '../../../libs/distributed-cache/src/cache/everywhere.js';
import type { Clock } from '../../../libs/distributed-cache/src/common/clock.js';
import type { InvalidationTarget } from '../../../libs/distributed-cache/src/protocol/invalidation.js';
import type { History } from '../history.js';
import type { InstanceHistory } from '../instance-history.js';
import type { Subject } from '../moments.js';
import { keyOf } from './names.js';
import { LoaderFailedError } from './way.js';

/** How an application evicts with one instance's cache. It reports everything to the history. */
export class EvictingShop {
  readonly instance: InstanceHistory;
  protected readonly history: History;
  protected readonly clock: Clock;

  /** @param clock - the clock of the instance */
  constructor(history: History, instance: InstanceHistory, clock: Clock) {
    this.history = history;
    this.instance = instance;
    this.clock = clock;
  }

  async evictMany(region: string, keys: readonly string[]): Promise<void> {
    const { instance } = this;
    const targets = keys.map((key) => keyOf({ region, key }));
    await instance.evicts(targets, () => instance.cache.region(region).evictMany(keys));
  }

  /** Evicts `targets` in one tick, as a method with several decorators does. */
  async evict(targets: readonly InvalidationTarget[]): Promise<void> {
    const { instance } = this;
    if (!instance.isServing) return;
    const evictions = instance.inOneTick(() =>
      targets.map((target) => instance.evicts([target], () => this.evictOne(target))),
    );
    await Promise.all(evictions);
  }

  /** Evicts a row, for a callback that does not wait for it. */
  evictNow(subject: Subject): void {
    void this.evict([keyOf(subject)]);
  }

  protected async everywhere(targets: readonly InvalidationTarget[], evict: () => Promise<unknown>): Promise<void> {
    const { instance } = this;
    const asked = this.history.moment();
    const before = this.history.unreachedBy(instance);
    await instance.evicts(targets, evict);
    const after = this.history.unreachedBy(instance);
    this.history.confirmed(targets, asked, instance.name, {
      absent: new Set([...before.absent, ...after.absent]),
      unknown: new Set([...before.unknown, ...after.unknown]),
    });
  }

  protected async evictOne(target: InvalidationTarget, options?: EvictOptions): Promise<void> {
    const { cache } = this.instance;
    switch (target.kind) {
      case 'everything':
        await (options ? cache.clear(options) : cache.clear());
        break;
      case 'region':
        await (options ? cache.region(target.region).clear(options) : cache.region(target.region).clear());
        break;
      case 'tag':
        await (options ? cache.evictTags(target.tag, options) : cache.evictTags(target.tag));
        break;
      case 'key':
        await (options
          ? cache.region(target.region).evict(target.key, options)
          : cache.region(target.region).evict(target.key));
    }
  }

  /** Waits for an answer of the source of truth. @throws {LoaderFailedError} when that is down */
  protected async answer(takes = 0): Promise<void> {
    const { source } = this.history;
    await this.pause(takes + source.slowness);
    if (source.isDown) throw new LoaderFailedError();
  }

  protected async pause(milliseconds = 0): Promise<void> {
    if (milliseconds > 0) await new Promise<void>((resolve) => void this.clock.schedule(resolve, milliseconds));
  }
}
