import { newRegionStats } from '../stats.js';
import type { CacheFigures, RegionFigures } from './cache-figures.js';

/** How many regions have a label of their own: their names may come from users' input. */
const MOST_LABELS = 100;

/** The label of all other regions. @internal */
export const OTHER = 'other';

/** What never falls while a region is there. */
const COUNTS = [
  'hits',
  'misses',
  'loads',
  'loadErrors',
  'staleServed',
  'fenced',
  'invalidated',
  'expired',
  'replaced',
  'evicted',
  'rejected',
  'forgotten',
] as const satisfies readonly (keyof RegionFigures)[];

interface Labelled {
  /** What was counted before the region was left out of the statistics and began with zeros. */
  readonly before: RegionFigures;
  last: RegionFigures;
}

/**
 * The regions as metrics show them: the first hundred under their own name, all others together as `other`. No count of a label ever falls,
 * although a region that was left out of the statistics begins with zeros when it is used again: its counts are then among those of the
 * others, and are taken off there.
 *
 * @internal
 */
export class RegionLabels {
  readonly #labelled = new Map<string, Labelled>();
  #hasOthers = false;

  /** The label of a region. */
  labelOf(name: string): string {
    return this.#isLabelled(name) ? name : OTHER;
  }

  /** The figures by label. */
  of({ regions, others }: CacheFigures): Map<string, RegionFigures> {
    const byLabel = new Map<string, RegionFigures>();
    const rest: RegionFigures = { ...others };
    for (const [name, figures] of regions) {
      if (this.#isLabelled(name)) continue;
      this.#hasOthers = true;
      add(rest, figures);
    }
    for (const [name, labelled] of this.#labelled) {
      const now = regions.get(name);
      if (!now || hasBegunAgain(labelled.last, now)) add(labelled.before, { ...labelled.last, entries: 0, size: 0 });
      labelled.last = now ?? none();
      const total = { ...labelled.before };
      add(total, labelled.last);
      byLabel.set(name, total);
      subtract(rest, labelled.before);
    }
    this.#hasOthers ||= COUNTS.some((count) => rest[count] > 0);
    if (this.#hasOthers) byLabel.set(OTHER, rest);
    return byLabel;
  }

  #isLabelled(name: string): boolean {
    if (this.#labelled.has(name)) return true;
    // A region of this name is shown among the others.
    if (name === OTHER || this.#labelled.size >= MOST_LABELS) return false;
    this.#labelled.set(name, { before: none(), last: none() });
    return true;
  }
}

function none(): RegionFigures {
  return { ...newRegionStats(), size: 0 };
}

function hasBegunAgain(last: RegionFigures, now: RegionFigures): boolean {
  return COUNTS.some((count) => now[count] < last[count]);
}

function add(figures: RegionFigures, more: RegionFigures): void {
  let name: keyof RegionFigures;
  for (name in more) figures[name] += more[name];
}

function subtract(figures: RegionFigures, less: RegionFigures): void {
  let name: keyof RegionFigures;
  for (name in less) figures[name] -= less[name];
}
