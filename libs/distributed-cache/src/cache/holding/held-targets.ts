import { widen } from '../../coherence/publish/widen.js';
import type { Invalidation, InvalidationTarget } from '../../protocol/invalidation.js';

/**
 * What was evicted in a hold, each target once, as one invalidation that grows. A target that a wider one covers is left out.
 *
 * It is bounded: above `limit` targets they are widened, which loses nothing.
 *
 * @internal
 */
export class HeldTargets implements Invalidation {
  readonly #limit: number;
  readonly #regions = new Set<string>();
  readonly #tags = new Set<string>();
  readonly #keys = new Map<string, Set<string>>();
  #keyCount = 0;
  #everything = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get everything(): boolean {
    return this.#everything;
  }

  get regions(): ReadonlySet<string> {
    return this.#regions;
  }

  get tags(): ReadonlySet<string> {
    return this.#tags;
  }

  get keys(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#keys;
  }

  /** The number of targets. */
  get size(): number {
    return this.#everything ? 1 : this.#regions.size + this.#tags.size + this.#keyCount;
  }

  add(target: InvalidationTarget): void {
    if (this.#everything) return;
    switch (target.kind) {
      case 'everything':
        this.clear();
        this.#everything = true;
        return;
      case 'region':
        this.#removeKeysOf(target.region);
        this.#regions.add(target.region);
        break;
      case 'tag':
        this.#tags.add(target.tag);
        break;
      case 'key':
        this.#addKey(target.region, target.key);
    }
    if (this.size > this.#limit) this.#widen();
  }

  targets(): readonly InvalidationTarget[] {
    if (this.#everything) return [{ kind: 'everything' }];
    return [
      ...Array.from(this.#regions, (region) => ({ kind: 'region' as const, region })),
      ...Array.from(this.#tags, (tag) => ({ kind: 'tag' as const, tag })),
      ...Array.from(this.#keys).flatMap(([region, keys]) =>
        Array.from(keys, (key) => ({ kind: 'key' as const, region, key })),
      ),
    ];
  }

  clear(): void {
    this.#regions.clear();
    this.#tags.clear();
    this.#keys.clear();
    this.#keyCount = 0;
    this.#everything = false;
  }

  #addKey(region: string, key: string): void {
    if (this.#regions.has(region)) return;
    const known = this.#keys.get(region);
    if (known?.has(key)) return;
    if (known) known.add(key);
    else this.#keys.set(region, new Set([key]));
    this.#keyCount += 1;
  }

  #removeKeysOf(region: string): void {
    this.#keyCount -= this.#keys.get(region)?.size ?? 0;
    this.#keys.delete(region);
  }

  #widen(): void {
    const wide = widen(this.targets(), this.#limit);
    this.clear();
    for (const target of wide) this.add(target);
  }
}
