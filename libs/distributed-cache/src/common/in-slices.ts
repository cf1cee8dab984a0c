import { nextTurnOfEventLoop } from './next-turn.js';

/** So many items are used without a turn of the event loop: most calls have no more, and are over at once. */
const AT_ONCE = 1_000;

/** Of further items, the event loop gets a turn after so many. It divides {@link AT_ONCE}. */
const SLICE = 500;

/** Whether the event loop gets a turn after `used` items: work on very many must not hold up everything else. @internal */
export function endsSlice(used: number): boolean {
  return used >= AT_ONCE && used % SLICE === 0;
}

/** Calls `use` with each item, in order, and gives the event loop a turn after each slice. @internal */
export async function forEachInSlices<T>(items: Iterable<T>, use: (item: T, index: number) => void): Promise<void> {
  let index = 0;
  for (const item of items) {
    if (endsSlice(index)) await nextTurnOfEventLoop();
    use(item, index);
    index += 1;
  }
}
