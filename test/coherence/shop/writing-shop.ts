import type { EvictOptions } from '../../../libs/distributed-cache/src/cache/everywhere.js';
import type { InvalidationTarget } from '../../../libs/distributed-cache/src/protocol/invalidation.js';
import type { MadeValue } from '../made-value.js';
import type { Subject } from '../moments.js';
import { EvictingShop } from './evicting-shop.js';
import { keyOf, rowOf, tagsOf } from './names.js';
import type { Way } from './way.js';

/** How an application changes its rows. */
export class WritingShop extends EvictingShop {
  /** Changes a row and then evicts `targets`: its key, its tag, or something wider. */
  async write(
    subject: Subject,
    targets: readonly InvalidationTarget[] = [keyOf(subject)],
    evictsAfter?: number,
  ): Promise<void> {
    this.history.commit(rowOf(subject), this.instance.name);
    await this.pause(evictsAfter);
    await this.evict(targets);
  }

  /** Changes a row and forgets to evict it. */
  forget(subject: Subject): void {
    this.history.commit(rowOf(subject), this.instance.name);
    this.history.source.forgets(rowOf(subject));
    this.history.figures.forgotten += 1;
  }

  /** Changes several rows of one region and evicts them together. */
  async writeMany(region: string, keys: readonly string[]): Promise<void> {
    const { instance } = this;
    for (const key of keys) this.history.commit(rowOf({ region, key }), instance.name);
    await this.evictMany(region, keys);
  }

  /** Changes rows and evicts `targets` in one tick. */
  async writeInOneTick(subjects: readonly Subject[], targets: readonly InvalidationTarget[]): Promise<void> {
    for (const subject of subjects) this.history.commit(rowOf(subject), this.instance.name);
    await this.evict(targets);
  }

  /** Changes a row and evicts it everywhere. */
  async writeEverywhere(subject: Subject, target: InvalidationTarget, timeout: number): Promise<void> {
    this.history.commit(rowOf(subject), this.instance.name);
    await this.everywhere([target], () => this.evictOne(target, { everywhere: { timeout } }));
  }

  /** Changes rows and evicts `targets` with one call. @param timeout - to evict them everywhere, in ms */
  async writeAtOnce(
    subjects: readonly Subject[],
    targets: readonly InvalidationTarget[],
    timeout?: number,
  ): Promise<void> {
    const { instance } = this;
    for (const subject of subjects) this.history.commit(rowOf(subject), instance.name);
    const evict = (options?: EvictOptions): Promise<unknown> => instance.cache.evictTargets(targets, options);
    if (timeout === undefined) await instance.evicts(targets, evict);
    else await this.everywhere(targets, () => evict({ everywhere: { timeout } }));
  }

  /** Changes a row with a put. Its method goes on for a while after the commit. */
  async update(subject: Subject, way: Way = {}): Promise<void> {
    const tags = way.tags && tagsOf([subject]);
    const method = async (): Promise<MadeValue> => {
      const put = this.instance.beginPut({ ...subject, tags });
      const version = this.history.commit(rowOf(subject), this.instance.name);
      await this.pause(way.takes);
      put.end();
      return put.made(rowOf(subject), version);
    };
    await this.instance.cache.region(subject.region).update(subject.key, method, { tags, ttl: way.ttl });
  }

  /** Changes a row and calls `set` before it can change again. */
  async set(subject: Subject, way: Way = {}): Promise<void> {
    const { instance } = this;
    if (!instance.isServing) return;
    const tags = way.tags && tagsOf([subject]);
    const put = instance.beginPut({ ...subject, tags }, 'set');
    const version = this.history.commit(rowOf(subject), instance.name);
    const value = put.made(rowOf(subject), version);
    put.end();
    await instance.evicts([keyOf(subject)], () =>
      instance.cache.region(subject.region).set(subject.key, value, { tags, ttl: way.ttl }),
    );
  }
}
