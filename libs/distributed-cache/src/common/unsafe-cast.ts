/**
 * Gives a value the type that its caller names. The values of a region have the type that the application says they have, which nothing
 * at run time could check. Only this function trusts it.
 *
 * @internal
 */
export function unsafeCast<V>(value: unknown): V {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return value as V;
}
