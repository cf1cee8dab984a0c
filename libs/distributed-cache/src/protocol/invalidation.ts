/**
 * Names what is no longer true: keys, tags, whole regions, or everything. Never a value.
 *
 * It is idempotent, so it may be applied again, and it may always be widened: an entry that is removed without need is only loaded again.
 *
 * @publicApi
 */
export interface Invalidation {
  readonly everything: boolean;
  readonly regions: ReadonlySet<string>;
  readonly tags: ReadonlySet<string>;
  /** The keys by their region. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
}

/** One thing that an invalidation names. @publicApi */
export type InvalidationTarget =
  | { readonly kind: 'everything' }
  | { readonly kind: 'region'; readonly region: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'key'; readonly region: string; readonly key: string };

const NONE: ReadonlySet<string> = new Set();

/** @internal */
export const EVERYTHING: Invalidation = { everything: true, regions: NONE, tags: NONE, keys: new Map() };

/** @internal */
export function invalidationOf(targets: Iterable<InvalidationTarget>): Invalidation {
  // Most invalidations name keys alone, and there may be very many of them: a set is made only when it gets an element.
  let regions: Set<string> | undefined;
  let tags: Set<string> | undefined;
  const keys = new Map<string, Set<string>>();
  let everything = false;
  for (const target of targets) {
    switch (target.kind) {
      case 'everything':
        everything = true;
        break;
      case 'region':
        (regions ??= new Set()).add(target.region);
        break;
      case 'tag':
        (tags ??= new Set()).add(target.tag);
        break;
      case 'key': {
        const known = keys.get(target.region);
        if (known) known.add(target.key);
        else keys.set(target.region, new Set([target.key]));
      }
    }
  }
  return { everything, regions: regions ?? NONE, tags: tags ?? NONE, keys };
}

/** Whether the invalidation names nothing, as the entry does that makes an empty log have one. @internal */
export function isNoOp({ everything, regions, tags, keys }: Invalidation): boolean {
  return !everything && regions.size === 0 && tags.size === 0 && keys.size === 0;
}

/** Whether the invalidation covers the entry `key` of `region`, which carries `tags`. The only place that decides it. @internal */
export function covers(invalidation: Invalidation, region: string, key: string, tags: readonly string[]): boolean {
  if (invalidation.everything || invalidation.regions.has(region)) return true;
  if (invalidation.keys.get(region)?.has(key)) return true;
  return invalidation.tags.size > 0 && tags.some((tag) => invalidation.tags.has(tag));
}
