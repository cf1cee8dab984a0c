import type { Clock } from '../../../libs/distributed-cache/src/common/clock.js';
import { Detours, type Detour } from '../detours.js';
import type { Flight } from '../flights.js';
import type { History } from '../history.js';
import type { InstanceHistory, Loading, Nesting } from '../instance-history.js';
import { isMadeValue, type MadeValue, type Part } from '../made-value.js';
import type { Moment, Subject } from '../moments.js';
import { isWaiting, Reader, reading } from '../readers.js';
import type { SourceTransaction } from '../source-transaction.js';
import type { UnderWay } from '../under-way.js';
import { keyOf, LISTS, rowOf, tagOf, tagsOf } from './names.js';
import { LoaderFailedError, type Way } from './way.js';
import { WritingShop } from './writing-shop.js';

/** Reads what a list is made of, for its loader. */
type ReadParts = (load: UnderWay) => Promise<readonly Part[]>;

/** How an application reads its rows, and lists that are made of them. */
export class ReadingShop extends WritingShop {
  readonly #detours: Detours;

  constructor(history: History, instance: InstanceHistory, clock: Clock) {
    super(history, instance, clock);
    this.#detours = new Detours(clock);
  }

  /** Reads one row through the cache. */
  async read(subject: Subject, way: Way = {}, nesting: Nesting = {}): Promise<unknown> {
    const { instance } = this;
    const { within } = way;
    const asked = instance.asks(subject, nesting.parent);
    const given = way.tags === 'given' || way.tags === 'taken off' ? tagsOf([subject]) : [];
    const told = way.tags === 'taken off' ? [] : tagsOf([subject]);
    const reader = new Reader();
    const value = await reading(reader, () =>
      instance.cache.region(subject.region).getOrLoad(
        subject.key,
        async ({ previous, setTags, keep }) => {
          instance.given(subject, previous, within);
          const load = this.#beginLoad({ ...subject, tags: given }, asked, reader, { ...nesting, within });
          // What a loader makes may be made of the previous value, and is as old as that.
          if (load.flight) load.flight.hasNested ||= previous !== undefined;
          const version = this.#seen(subject, within);
          try {
            await this.answer(way.takes);
            if (way.fails) throw new LoaderFailedError();
          } catch (error) {
            load.end(true);
            throw error;
          }
          const set = way.tags === 'told' || way.tags === 'taken off' ? told : undefined;
          if (set) setTags(set);
          if (isWaiting(reader, subject.key)) way.atEnd?.(load.flight);
          load.end();
          if (way.keeps && isMadeValue(previous) && isStillCorrect(previous, version, set)) {
            instance.keeps(previous);
            return keep();
          }
          return load.made(rowOf(subject), version, way.tags && told);
        },
        { tags: given, ttl: way.ttl },
      ),
    );
    instance.got(subject, asked, value, { within });
    return value;
  }

  /** Reads one row, but does not load it. */
  look(subject: Subject, within?: SourceTransaction): void {
    const asked = this.instance.asks(subject);
    this.instance.got(subject, asked, this.instance.cache.region(subject.region).getSync(subject.key), { within });
  }

  /** Reads several rows of one region. One call of the loader loads those that are missing. */
  async readMany(region: string, keys: readonly string[], way: Way = {}): Promise<void> {
    const { instance } = this;
    const { within } = way;
    const asked = new Map(keys.map((key) => [key, instance.asks({ region, key })]));
    const reader = new Reader();
    const read = (): Promise<Map<string, MadeValue>> =>
      instance.cache.region<MadeValue>(region).getOrLoadMany(
        keys,
        async (missing) => {
          const loads = missing.map((key): [string, UnderWay, number] => {
            const subject = { region, key };
            const askedAt = asked.get(key) ?? this.history.moment();
            const load = this.#beginLoad(subject, askedAt, reader, { inBulk: true, within });
            return [key, load, this.#seen(subject, within)];
          });
          try {
            await this.answer(way.takes);
          } catch (error) {
            for (const [, load] of loads) load.end(true);
            throw error;
          }
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
    try {
      const values = await reading(reader, read);
      for (const [key, at] of asked) instance.got({ region, key }, at, values.get(key), { within, inBulk: true });
    } catch (error) {
      instance.failed(region, keys.length);
      throw error;
    }
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
   *
   * @param back - by what the second loader reads; default: itself, in its own context
   */
  async readCircle(outer: string, inner: string, member: Subject, way: Way, by: Detour, back?: Detour): Promise<void> {
    const tags = tagsOf([member]);
    const read =
      (key: string, detour: Detour | undefined, next: (nesting: Nesting) => Promise<unknown>) =>
      (nesting: Nesting): Promise<unknown> =>
        this.#readList(key, tags, way, nesting, (load) => this.#readPart(load, detour, next));
    const innermost = read(outer, undefined, this.#row(member, way));
    await read(outer, by, read(inner, back, innermost))({});
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

  async #readList(key: string, tags: readonly string[], way: Way, nesting: Nesting, read: ReadParts): Promise<unknown> {
    const { instance } = this;
    const { within } = way;
    const subject = { region: LISTS, key };
    const asked = instance.asks(subject, nesting.parent);
    const given = way.tags === 'given' ? tags : [];
    const reader = new Reader();
    const value = await reading(reader, () =>
      instance.cache.region(LISTS).getOrLoad(
        key,
        async ({ previous, setTags }) => {
          instance.given(subject, previous, within);
          const load = this.#beginLoad({ ...subject, tags: given }, asked, reader, { ...nesting, within });
          // What a loader makes may be made of the previous value, and is as old as that.
          if (load.flight) load.flight.hasNested ||= previous !== undefined;
          let hasFailed = true;
          try {
            const parts = await read(load);
            await this.pause(way.takes);
            setTags(tags);
            hasFailed = false;
            return load.madeOf(parts, tags);
          } finally {
            load.end(hasFailed);
          }
        },
        { tags: given, ttl: way.ttl },
      ),
    );
    instance.got(subject, asked, value, { within });
    return value;
  }

  /** A loader was called: for its reader, or in the background, where it belongs to no other load. */
  #beginLoad(
    entry: Parameters<InstanceHistory['beginLoad']>[0],
    asked: Moment,
    reader: Reader,
    loading: Loading,
  ): UnderWay {
    if (isWaiting(reader, entry.key)) return this.instance.beginLoad(entry, asked, loading);
    const { inBulk } = loading;
    return this.instance.beginLoad(entry, this.history.moment(), { inBulk, isBackground: true });
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
    if (parent) parent.hasUntraced ||= isUntraced;
    const nesting = { parent, isUntraced };
    const value = await (by ? this.#detours.through(by, () => read(nesting)) : read(nesting));
    return isMadeValue(value) ? value.partsOfCopy(isUntraced) : [];
  }

  #seen(subject: Subject, within: SourceTransaction | undefined): number {
    return this.history.source.versionOf(rowOf(subject), within);
  }
}

/**
 * Whether a loader that has seen this version may keep `previous`: not if the copy would lose a tag by which it was found.
 *
 * @param set - the tags that the loader has set in place of those of the value
 */
function isStillCorrect({ parts, origin }: MadeValue, version: number, set: readonly string[] | undefined): boolean {
  const isComplete = set === undefined || origin.tags.every((tag) => set.includes(tag));
  return isComplete && parts.every((part) => part.version === version);
}
