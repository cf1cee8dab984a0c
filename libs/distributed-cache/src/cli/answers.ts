/** A text that is shown: what came over the network could move the cursor of a terminal. @internal */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}');
}
