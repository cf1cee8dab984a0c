/** Messages show no more characters of a text than this. */
const MAX_TEXT = 40;

/**
 * The form in which an error message shows a value: short, and of an object only its kind, since its content may be a secret.
 *
 * @internal
 */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return `'${shortened(value)}'`;
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return shortened(String(value));
  return Array.isArray(value) ? 'a list' : 'an object';
}

/**
 * As {@link describeValue}, for what may have been made of a result: no error may show a cached value.
 *
 * @internal
 */
export function describeKind(value: unknown): string {
  if (typeof value === 'string') return value === '' ? "''" : 'a text';
  if (typeof value === 'number' && Number.isFinite(value)) return 'a number';
  return typeof value === 'bigint' ? 'a bigint' : describeValue(value);
}

/** The text, cut after 40 characters. @internal */
export function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
