/** What was thrown, as an error: others may throw anything. @internal */
export function errorFrom(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
