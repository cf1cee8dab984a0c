/**
 * Waits for `work`, and calls `onLate` once when it has not settled after `milliseconds`. When `onLate` returns, the wait goes on; when it
 * throws, the returned promise rejects with what it threw.
 *
 * @template T
 * @param {Promise<T>} work
 * @param {number} milliseconds
 * @param {() => unknown} onLate
 * @returns {Promise<T>} settles as `work` does, unless `onLate` throws first
 *
 * @example await withDeadline(exited, 5_000, () => child.kill('SIGKILL'));
 * @example await withDeadline(ready, 5_000, () => { throw new Error('It was not ready within 5 s.'); });
 */
export async function withDeadline(work, milliseconds, onLate) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      try {
        onLate();
      } catch (error) {
        reject(error);
      }
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
