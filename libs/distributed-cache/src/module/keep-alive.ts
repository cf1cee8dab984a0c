/** Any time at all: it is ended, never reached. */
const LONG = 2 ** 30;

/**
 * Keeps the process alive until `work` is done. The cache's own timers never do; while it boots or shuts down there may be nothing else,
 * and Node would end the process between two tries, without an error and without a line in the log.
 *
 * @internal
 */
export async function keptAlive<T>(work: Promise<T>): Promise<T> {
  const reason = setInterval(() => {}, LONG);
  try {
    return await work;
  } finally {
    clearInterval(reason);
  }
}
