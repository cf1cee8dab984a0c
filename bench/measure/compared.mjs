import { median, spread } from '../../tools/statistics.mjs';

/**
 * A row of two contenders that were measured in the same rounds. The ratio is ours ÷ theirs: it is taken round by round, and its median
 * counts.
 *
 * @param {readonly number[]} ours one figure of each round
 * @param {readonly number[]} theirs one figure of each round
 * @param {{ scale?: number }} [options] `scale` turns the figures into the unit of the row; default: 1
 */
export function compared(ours, theirs, { scale = 1 } = {}) {
  return {
    ours: median(ours) * scale,
    theirs: median(theirs) * scale,
    ratio: spread(ours.map((figure, round) => figure / (theirs[round] ?? NaN))),
  };
}
