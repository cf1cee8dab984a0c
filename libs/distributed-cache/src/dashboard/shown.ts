/** A number with four digits: more are noise on a page, and bytes on the wire. @internal */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** @internal */
export function roundedOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value);
}

/** A longer name is cut: whoever can reach the channel could make up any. */
const LONGEST_NAME = 200;

/** A name that came over the network. @internal */
export function shownName(name: string): string {
  return name.slice(0, LONGEST_NAME);
}
