import type { InvalidationTarget } from '../../protocol/invalidation.js';

const EVERYTHING: readonly InvalidationTarget[] = [{ kind: 'everything' }];

/**
 * Targets that cover everything that was added, and more: keys become their regions, and above `limit` regions and tags there is the one
 * target "everything". The only place that widens.
 *
 * @internal
 */
export class WideTargets {
  readonly #limit: number;
  readonly #regions = new Set<string>();
  readonly #tags = new Set<string>();
  #isEverything = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(target: InvalidationTarget): void {
    if (this.#isEverything) return;
    if (target.kind === 'tag') this.#tags.add(target.tag);
    else if (target.kind !== 'everything') this.#regions.add(target.region);
    // Nothing lies between a tag or a region and everything.
    if (target.kind === 'everything' || this.#regions.size + this.#tags.size > this.#limit) this.#addEverything();
  }

  targets(): readonly InvalidationTarget[] {
    if (this.#isEverything) return EVERYTHING;
    return [
      ...Array.from(this.#regions, (region) => ({ kind: 'region' as const, region })),
      ...Array.from(this.#tags, (tag) => ({ kind: 'tag' as const, tag })),
    ];
  }

  #addEverything(): void {
    this.#isEverything = true;
    this.#regions.clear();
    this.#tags.clear();
  }
}

/** At most `limit` targets that cover everything that `targets` cover: see {@link WideTargets}. @internal */
export function widen(targets: Iterable<InvalidationTarget>, limit: number): readonly InvalidationTarget[] {
  const wide = new WideTargets(limit);
  for (const target of targets) wide.add(target);
  return wide.targets();
}
