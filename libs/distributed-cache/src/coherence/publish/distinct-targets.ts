import type { InvalidationTarget } from '../../protocol/invalidation.js';

/** What was replaced is removed from the order when it is more than that, and more than what is left. */
const FEW = 1_024;

/** Targets in the order in which they were added, each once, and none that a wider one of them covers. @internal */
export class DistinctTargets {
  /** Also holds keys that a region has replaced. */
  #order: InvalidationTarget[] = [];
  #everything = false;
  /** Made when it gets an element: there is one of these objects for each message, and most name keys alone. */
  #regions: Set<string> | undefined;
  /** As {@link #regions}. */
  #tags: Set<string> | undefined;
  readonly #keys = new Map<string, Set<string>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(target: InvalidationTarget): void {
    if (this.#everything || !this.#isNew(target)) return;
    this.#size += 1;
    this.#order.push(target);
  }

  targets(): readonly InvalidationTarget[] {
    return this.#size === this.#order.length ? this.#order : this.#order.filter((target) => this.#holds(target));
  }

  clear(): void {
    this.#order = [];
    this.#everything = false;
    this.#regions = undefined;
    this.#tags = undefined;
    this.#keys.clear();
    this.#size = 0;
  }

  /** Remembers the target; `false`: it is remembered already, or its region is. */
  #isNew(target: InvalidationTarget): boolean {
    switch (target.kind) {
      case 'key': {
        const { region, key } = target;
        if (this.#regions?.has(region)) return false;
        const known = this.#keys.get(region);
        if (!known) this.#keys.set(region, new Set([key]));
        // Asked by its size: to look first would look twice.
        return !known || known.size < known.add(key).size;
      }
      case 'tag':
        this.#tags ??= new Set();
        return this.#tags.size < this.#tags.add(target.tag).size;
      case 'region':
        if (this.#regions?.has(target.region)) return false;
        this.#removeKeysOf(target.region);
        (this.#regions ??= new Set()).add(target.region);
        return true;
      case 'everything':
        this.clear();
        this.#everything = true;
        return true;
    }
  }

  #holds(target: InvalidationTarget): boolean {
    // Nothing else is replaced one by one.
    return target.kind !== 'key' || (this.#keys.get(target.region)?.has(target.key) ?? false);
  }

  #removeKeysOf(region: string): void {
    this.#size -= this.#keys.get(region)?.size ?? 0;
    this.#keys.delete(region);
    // An application may go on with other regions for as long as nothing is sent.
    if (this.#order.length > FEW + 2 * this.#size) this.#order = this.#order.filter((target) => this.#holds(target));
  }
}
