/** Longer texts are cut in messages. */
const MAX_TEXT = 40;

/**
 * A value as an error message may show it: short, and of an object no more than what it is, since its content may be a secret.
 *
 * @internal
 */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return `'${shortened(value)}'`;
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return shortened(String(value));
  return Array.isArray(value) ? 'a list' : 'an object';
}

/** @internal */
export function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
