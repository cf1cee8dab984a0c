import type { EvictOptions } from '../../libs/distributed-cache/src/cache/everywhere.js';
import type { Clock } from '../../libs/distributed-cache/src/common/clock.js';
import type { InvalidationTarget } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import { Detours, type Detour } from './detours.js';
import type { Flight } from './flights.js';
import type { History } from './history.js';
import type { InstanceHistory, Nesting } from './instance-history.js';
import type { Subject } from './moments.js';
import { isMadeValue, type MadeValue, type Part } from './made-value.js';
import type { UnderWay } from './under-way.js';

/** The region of cached lists. Each is made of cached rows. */
export const LISTS = 'lists';

/** How something is loaded or put. */
export interface Way {
  /** How long the loader takes, or the method of a put after its commit, in ms. */
  readonly takes?: number | undefined;
  /** Whether the entry has a tag for each of its rows: given with the call, told by the result, or given and then taken off by the result. */
  readonly tags?: 'given' | 'told' | 'taken off' | undefined;
  /** ms */
  readonly ttl?: number | undefined;
  /** Whether the loader throws at its end. */
  readonly fails?: boolean | undefined;
  /** By what a loader reads through the cache; default: itself, in its own context. */
  readonly by?: Detour | undefined;
  /** Called by the loader just before it returns, with its load. */
  readonly atEnd?: ((flight: Flight | undefined) => void) | undefined;
  /** Called with each value whose tags the cache asks for. */
  readonly whenTagged?: (() => void) | undefined;
}

/** The error of a loader that is to fail. */
export class LoaderFailedError extends Error {}

/** Reads what a list is made of, for its loader. */
type ReadParts = (load: UnderWay) => Promise<readonly Part[]>;

/**
 * An application that uses one instance's cache and reports everything to the history. Every row of the source is the entry `key` of its
 * region. A list is made of such entries.
 */
export class Shop {
  readonly instance: InstanceHistory;
  readonly #history: History;
  readonly #clock: Clock;
  readonly #detours: Detours;

  /** @param clock - the clock of the instance */
  constructor(history: History, instance: InstanceHistory, clock: Clock) {
    this.#history = history;
    this.instance = instance;
    this.#clock = clock;
    this.#detours = new Detours(clock);
  }

  /** Reads one row through the cache. */
  async read(subject: Subject, way: Way = {}, nesting: Nesting = {}): Promise<unknown> {
    const { instance } = this;
    const asked = instance.asks(subject, nesting.parent);
    const given = way.tags === 'given' || way.tags === 'taken off' ? tagsOf([subject]) : [];
    const told = way.tags === 'taken off' ? [] : tagsOf([subject]);
    const value = await instance.cache.region(subject.region).getOrLoad(
      subject.key,
      async ({ previous, setTags }) => {
        instance.given(subject, previous);
        const load = instance.beginLoad({ ...subject, tags: given }, asked, nesting);
        // What a loader makes may be made of the previous value, and is as old as that.
        if (load.flight) load.flight.hasNested ||= previous !== undefined;
        const version = this.#seen(subject);
        await this.#pause(way.takes);
        if (way.tags === 'told' || way.tags === 'taken off') setTags(told);
        way.atEnd?.(load.flight);
        load.end(way.fails);
        if (way.fails) throw new LoaderFailedError();
        return load.made(rowOf(subject), version, way.tags && told);
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
        tags:
          way.tags &&
          ((value: MadeValue): string[] => {
            instance.describes(value);
            if (way.whenTagged) instance.inCallback(way.whenTagged);
            return value.parts.map(({ row }) => tagOf(row));
          }),
      },
    );
    for (const [key, at] of asked) instance.got({ region, key }, at, values.get(key));
  }

  /** Reads a list. Its loader reads `members` through the cache. */
  async readList(key: string, members: readonly Subject[], way: Way = {}, ofMembers: Way = {}): Promise<void> {
    await this.#readList(key, tagsOf(members), way, {}, async (load) => {
      const parts: Part[] = [];
      for (const member of members) parts.push(...(await this.#readPart(load, way.by, this.#row(member, ofMembers))));
      return parts;
    });
  }

  /**
   * Reads list `outer`, whose loader reads list `inner`, whose loader reads list `outer`: a circle that the cache cannot see, because the
   * first loader reads by a detour.
   */
  async readCircle(outer: string, inner: string, member: Subject, way: Way, by: Detour): Promise<void> {
    const tags = tagsOf([member]);
    const read =
      (key: string, detour: Detour | undefined, next: (nesting: Nesting) => Promise<unknown>) =>
      (nesting: Nesting): Promise<unknown> =>
        this.#readList(key, tags, way, nesting, (load) => this.#readPart(load, detour, next));
    const innermost = read(outer, undefined, this.#row(member, way));
    await read(outer, by, read(inner, undefined, innermost))({});
  }

  /**
   * Reads the first row. Its loader begins to read the next one just before it returns, and does not wait for that, and so on.
   *
   * @param readers - how many readers of the next row each loader begins at once
   */
  async readChain([first, ...rest]: readonly Subject[], way: Way, readers: number, parent?: Flight): Promise<void> {
    if (!first) return;
    const begun: Promise<unknown>[] = [];
    const atEnd = (flight: Flight | undefined): void => {
      const [next] = rest;
      // Otherwise the chain would end at a copy.
      if (next) begun.push(this.evict([keyOf(next)]));
      for (let reader = 0; reader < readers; reader += 1) begun.push(this.readChain(rest, way, readers, flight));
    };
    await this.read(first, { ...way, atEnd }, { parent });
    await Promise.all(begun);
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

  /** Evicts `targets` in one tick, as a method with several decorators does. */
  async evict(targets: readonly InvalidationTarget[]): Promise<void> {
    const { instance } = this;
    if (!instance.isServing) return;
    const evictions = instance.inOneTick(() =>
      targets.map((target) => instance.evicts([target], () => this.#evict(target))),
    );
    await Promise.all(evictions);
  }

  /** Changes rows and evicts `targets` in one tick. */
  async writeInOneTick(subjects: readonly Subject[], targets: readonly InvalidationTarget[]): Promise<void> {
    for (const subject of subjects) this.#history.commit(rowOf(subject), this.instance.name);
    await this.evict(targets);
  }

  /** Evicts a row, for a callback that does not wait for it. */
  evictNow(subject: Subject): void {
    void this.evict([keyOf(subject)]);
  }

  /** Changes a row and evicts it everywhere. */
  async writeEverywhere(subject: Subject, target: InvalidationTarget, timeout: number): Promise<void> {
    this.#history.commit(rowOf(subject), this.instance.name);
    await this.#everywhere([target], () => this.#evict(target, { everywhere: { timeout } }));
  }

  /** Changes rows and evicts `targets` with one call. @param timeout - to evict them everywhere, in ms */
  async writeAtOnce(
    subjects: readonly Subject[],
    targets: readonly InvalidationTarget[],
    timeout?: number,
  ): Promise<void> {
    const { instance } = this;
    for (const subject of subjects) this.#history.commit(rowOf(subject), instance.name);
    const evict = (options?: EvictOptions): Promise<unknown> => instance.cache.evictTargets(targets, options);
    if (timeout === undefined) await instance.evicts(targets, evict);
    else await this.#everywhere(targets, () => evict({ everywhere: { timeout } }));
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

  /** From now on, an eviction of a row evicts what depends on it, by the tag of the row, before the call that evicted it goes on. */
  evictsDependents(isWanted: () => boolean): void {
    const { instance } = this;
    instance.cache.on('evict', ({ invalidation: { keys } }) => {
      if (instance.isInCallback || !instance.isServing || !isWanted()) return;
      const rows = [...keys].flatMap(([region, its]) => [...its].map((key) => ({ region, key })));
      instance.inCallback(() => this.#evictTagsOf(rows));
    });
  }

  /** From now on, the callback that measures a value may evict it. */
  evictsWhileItMeasures(isWanted: () => boolean): void {
    const { instance } = this;
    instance.whenMeasured = ({ origin }) => {
      if (!isWanted()) return;
      instance.inCallback(() => this.evictNow(origin));
    };
  }

  /** Evicts the tags of rows. For callbacks of the cache. */
  #evictTagsOf(rows: readonly Subject[]): void {
    void this.evict(tagsOf(rows).map((tag) => ({ kind: 'tag', tag })));
  }

  /** From now on, it evicts `subject` whenever its instance has become coherent, and checks what the eviction says. */
  evictsWhenCoherent(subject: Subject): void {
    const { instance } = this;
    let lost = 0;
    instance.cache.on('state', ({ state }) => {
      if (state !== 'coherent') lost += 1;
      else if (instance.isServing) void check(lost);
    });
    const check = async (lostBefore: number): Promise<void> => {
      const asked = this.#history.moment();
      const { delivered } = await instance.cache.region(subject.region).evict(subject.key);
      if (delivered || lost !== lostBefore || this.#history.moment().time > asked.time) return;
      if (instance.lastFailure >= asked.sequence) return;
      instance.reports(subject, { delivered, why: 'an eviction was postponed although the link was there' });
    };
  }

  async #everywhere(targets: readonly InvalidationTarget[], evict: () => Promise<unknown>): Promise<void> {
    const { instance } = this;
    const asked = this.#history.moment();
    const before = this.#history.unreachedBy(instance);
    await instance.evicts(targets, evict);
    const after = this.#history.unreachedBy(instance);
    this.#history.confirmed(targets, asked, instance.name, {
      absent: new Set([...before.absent, ...after.absent]),
      unknown: new Set([...before.unknown, ...after.unknown]),
    });
  }

  async #readList(key: string, tags: readonly string[], way: Way, nesting: Nesting, read: ReadParts): Promise<unknown> {
    const { instance } = this;
    const subject = { region: LISTS, key };
    const asked = instance.asks(subject, nesting.parent);
    const given = way.tags === 'given' ? tags : [];
    const value = await instance.cache.region(LISTS).getOrLoad(
      key,
      async ({ previous, setTags }) => {
        instance.given(subject, previous);
        const load = instance.beginLoad({ ...subject, tags: given }, asked, nesting);
        // What a loader makes may be made of the previous value, and is as old as that.
        if (load.flight) load.flight.hasNested ||= previous !== undefined;
        let hasFailed = true;
        try {
          const parts = await read(load);
          await this.#pause(way.takes);
          setTags(tags);
          hasFailed = false;
          return load.madeOf(parts, tags);
        } finally {
          load.end(hasFailed);
        }
      },
      { tags: given, ttl: way.ttl },
    );
    instance.got(subject, asked, value);
    return value;
  }

  #row(subject: Subject, way: Way): (nesting: Nesting) => Promise<unknown> {
    return (nesting) => this.read(subject, way, nesting);
  }

  /** Reads a part of a list, for its loader. */
  async #readPart(
    { flight: parent }: UnderWay,
    by: Detour | undefined,
    read: (nesting: Nesting) => Promise<unknown>,
  ): Promise<readonly Part[]> {
    const isUntraced = by !== undefined;
    const nesting = { parent, isUntraced };
    const value = await (by ? this.#detours.through(by, () => read(nesting)) : read(nesting));
    return isMadeValue(value) ? value.partsOfCopy(isUntraced) : [];
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
