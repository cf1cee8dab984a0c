/**
 * The type of a region's values is the caller's word: nothing at run time could check it. This is the one place where it is taken.
 *
 * @internal
 */
export function unsafeCast<V>(value: unknown): V {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return value as V;
}
