import { number } from './figures.mjs';

/** How often a long run prints a line, in ms. */
const INTERVAL = 5_000;

/**
 * Tells how far a long run is: at most one line in five seconds, with the rate.
 *
 * @param {{ total: number, unit: string, say: (line: string) => void, now?: () => number }} options `unit`: what is counted, such as
 *   `'messages'`; `now`: monotonic time in ms
 * @returns {(done: number, remark?: string) => void} to be called as often as something is done
 */
export function progress({ total, unit, say, now = () => performance.now() }) {
  const startedAt = now();
  let saidAt = startedAt;
  return (done, remark) => {
    const at = now();
    if (at - saidAt < INTERVAL) return;
    saidAt = at;
    const perSecond = done / ((at - startedAt) / 1_000);
    const rate = perSecond >= 100 ? `${number(perSecond)} a second` : `${number(perSecond * 60)} a minute`;
    say([`${number(done)} of ${number(total)} ${unit}, ${rate}`, ...(remark === undefined ? [] : [remark])].join('; '));
  };
}
