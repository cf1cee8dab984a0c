import type { EvictOptions } from '../../libs/distributed-cache/src/cache/everywhere.js';
import type { Clock } from '../../libs/distributed-cache/src/common/clock.js';
import type { InvalidationTarget } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Flight } from './flights.js';
import type { History } from './history.js';
import type { InstanceHistory } from './instance-history.js';
import type { Subject } from './moments.js';
import { isMadeValue, type MadeValue, type Part } from './made-value.js';
import type { UnderWay } from './under-way.js';

/** The region of cached lists. Each is made of cached rows. */
export const LISTS = 'lists';

/** How something is loaded or put. */
export interface Way {
  /** How long the loader takes, or the method of a put after its commit, in ms. */
  readonly takes?: number | undefined;
  /** Whether the entry has a tag for each of its rows: given with the call, or told by the result. */
  readonly tags?: 'given' | 'told' | undefined;
  /** ms */
  readonly ttl?: number | undefined;
  /** Whether the loader throws at its end. */
  readonly fails?: boolean | undefined;
}

/** The error of a loader that is to fail. */
export class LoaderFailedError extends Error {}

/**
 * An application that uses one instance's cache and reports everything to the history. Every row of the source is the entry `key` of its
 * region. A list is made of such entries.
 */
export class Shop {
  readonly instance: InstanceHistory;
  readonly #history: History;
  readonly #clock: Clock;

  /** @param clock - the clock of the instance */
  constructor(history: History, instance: InstanceHistory, clock: Clock) {
    this.#history = history;
    this.instance = instance;
    this.#clock = clock;
  }

  /** Reads one row through the cache. */
  async read(subject: Subject, way: Way = {}, parent?: Flight): Promise<unknown> {
    const { instance } = this;
    const asked = instance.asks(subject, parent);
    const given = way.tags === 'given' ? tagsOf([subject]) : [];
    const value = await instance.cache.region(subject.region).getOrLoad(
      subject.key,
      async ({ setTags }) => {
        const load = instance.beginLoad({ ...subject, tags: given }, asked, { parent });
        const version = this.#seen(subject);
        await this.#pause(way.takes);
        if (way.tags === 'told') setTags(tagsOf([subject]));
        load.end();
        if (way.fails) throw new LoaderFailedError();
        return load.made(rowOf(subject), version, way.tags && tagsOf([subject]));
      },
      { tags: given, ttl: way.ttl },
    );
    instance.got(subject, asked, value);
    return value;
  }

  /** Reads one row, but does not load it. */
  look(subject: Subject): void {
    const asked = this.instance.asks(subject);
    this.instance.got(subject, asked, this.instance.cache.region(subject.region).getSync(subject.key));
  }

  /** Reads several rows of one region. One call of the loader loads those that are missing. */
  async readMany(region: string, keys: readonly string[], way: Way = {}): Promise<void> {
    const { instance } = this;
    const asked = new Map(keys.map((key) => [key, instance.asks({ region, key })]));
    const values = await instance.cache.region<MadeValue>(region).getOrLoadMany(
      keys,
      async (missing) => {
        const loads = missing.map((key): [string, UnderWay, number] => {
          const subject = { region, key };
          return [
            key,
            instance.beginLoad(subject, asked.get(key) ?? this.#history.moment(), { inBulk: true }),
            this.#seen(subject),
          ];
        });
        await this.#pause(way.takes);
        return loads.map(([key, load, version]): [string, MadeValue] => {
          const subject = { region, key };
          load.end();
          return [key, load.made(rowOf(subject), version, way.tags && tagsOf([subject]))];
        });
      },
      {
        ttl: way.ttl,
        tags: way.tags && (({ parts }: MadeValue): string[] => parts.map(({ row }) => tagOf(row))),
      },
    );
    for (const [key, at] of asked) instance.got({ region, key }, at, values.get(key));
  }

  /** Reads a list. Its loader reads `members` through the cache. */
  async readList(key: string, members: readonly Subject[], way: Way = {}, ofMembers: Way = {}): Promise<void> {
    const { instance } = this;
    const subject = { region: LISTS, key };
    const asked = instance.asks(subject);
    const tags = tagsOf(members);
    const given = way.tags === 'given' ? tags : [];
    const value = await instance.cache.region(LISTS).getOrLoad(
      key,
      async ({ setTags }) => {
        const load = instance.beginLoad({ ...subject, tags: given }, asked);
        try {
          const parts: Part[] = [];
          for (const member of members) {
            const made = await this.read(member, ofMembers, load.flight);
            if (isMadeValue(made)) parts.push(...made.parts);
          }
          await this.#pause(way.takes);
          setTags(tags);
          return load.madeOf(parts, tags);
        } finally {
          load.end();
        }
      },
      { tags: given, ttl: way.ttl },
    );
    instance.got(subject, asked, value);
  }

  /** Changes a row and then evicts `targets`: its key, its tag, or something wider. */
  async write(
    subject: Subject,
    targets: readonly InvalidationTarget[] = [keyOf(subject)],
    evictsAfter?: number,
  ): Promise<void> {
    this.#history.commit(rowOf(subject), this.instance.name);
    await this.#pause(evictsAfter);
    await this.evict(targets);
  }

  /** Changes several rows of one region and evicts them together. */
  async writeMany(region: string, keys: readonly string[]): Promise<void> {
    const { instance } = this;
    for (const key of keys) this.#history.commit(rowOf({ region, key }), instance.name);
    await this.evictMany(region, keys);
  }

  async evictMany(region: string, keys: readonly string[]): Promise<void> {
    const { instance } = this;
    const targets = keys.map((key) => keyOf({ region, key }));
    await instance.evicts(targets, () => instance.cache.region(region).evictMany(keys));
  }

  /** Evicts `targets` in one tick. */
  async evict(targets: readonly InvalidationTarget[]): Promise<void> {
    const { instance } = this;
    if (!instance.isServing) return;
    const evictions = targets.map((target) => instance.evicts([target], () => this.#evict(target)));
    await Promise.all(evictions);
  }

  /** Changes a row and evicts it everywhere. */
  async writeEverywhere(subject: Subject, target: InvalidationTarget, timeout: number): Promise<void> {
    const { instance } = this;
    this.#history.commit(rowOf(subject), instance.name);
    const asked = this.#history.moment();
    await instance.evicts([target], () => this.#evict(target, { everywhere: { timeout } }));
    this.#history.confirmed([target], asked, instance.name);
  }

  /** Changes a row with a put. Its method goes on for a while after the commit. */
  async update(subject: Subject, way: Way = {}): Promise<void> {
    const tags = way.tags && tagsOf([subject]);
    const method = async (): Promise<MadeValue> => {
      const put = this.instance.beginPut({ ...subject, tags });
      const version = this.#history.commit(rowOf(subject), this.instance.name);
      await this.#pause(way.takes);
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
    const version = this.#history.commit(rowOf(subject), instance.name);
    const value = put.made(rowOf(subject), version);
    put.end();
    await instance.evicts([keyOf(subject)], () =>
      instance.cache.region(subject.region).set(subject.key, value, { tags, ttl: way.ttl }),
    );
  }

  async #evict(target: InvalidationTarget, options?: EvictOptions): Promise<void> {
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

  #seen(subject: Subject): number {
    return this.#history.source.versionOf(rowOf(subject));
  }

  async #pause(milliseconds = 0): Promise<void> {
    if (milliseconds > 0) await new Promise<void>((resolve) => void this.#clock.schedule(resolve, milliseconds));
  }
}

export function rowOf({ region, key }: Subject): string {
  return `${region}/${key}`;
}

export function keyOf(subject: Subject): InvalidationTarget {
  return { kind: 'key', region: subject.region, key: subject.key };
}

function tagOf(row: string): string {
  return `row:${row}`;
}

export function tagsOf(subjects: readonly Subject[]): string[] {
  return subjects.map(rowOf).map(tagOf);
}
