/** Makes an `Error` of whatever was thrown: code of others may throw anything. @internal */
export function errorFrom(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
