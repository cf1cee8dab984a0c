import { CacheClosedError, InvalidationNotConfirmedError, InvalidationNotDeliveredError } from '../errors.js';

/**
 * Waits for the delivery of what a method that **has** succeeded evicted.
 *
 * @throws whatever the waiting failed with; it carries the method's result
 *
 * @internal
 */
export async function resultOnceDelivered<R>(result: R, delivered: Promise<unknown>): Promise<R> {
  try {
    await delivered;
  } catch (error) {
    throw withResult(error, result);
  }
  return result;
}

/** A copy, since all who evicted in one tick are told by the same error, and each has a result of its own. */
function withResult(error: unknown, result: unknown): unknown {
  const copy = copyOf(error);
  if (!copy) return error;
  copy.result = result;
  return copy;
}

function copyOf(
  error: unknown,
): InvalidationNotDeliveredError | InvalidationNotConfirmedError | CacheClosedError | undefined {
  if (error instanceof InvalidationNotDeliveredError)
    return new InvalidationNotDeliveredError(error.message, { cause: error });
  if (error instanceof InvalidationNotConfirmedError)
    return new InvalidationNotConfirmedError(error.message, { cause: error, missing: error.missing });
  if (error instanceof CacheClosedError) return new CacheClosedError(error.message, { cause: error });
  return undefined;
}

/** A delivery that may fail before anybody waits for it: an unhandled rejection would end the process. @internal */
export function heard<T>(delivered: Promise<T>): Promise<T> {
  delivered.catch(() => undefined);
  return delivered;
}
