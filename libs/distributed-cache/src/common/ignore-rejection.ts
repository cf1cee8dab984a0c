/**
 * Marks the rejection of a promise as handled, and returns the promise. For a promise that may reject before anybody awaits it: an
 * unhandled rejection would end the process.
 *
 * @internal
 */
export function ignoreRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
