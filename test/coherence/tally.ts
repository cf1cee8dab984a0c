import { newFigures, sumOf, type Figures } from './figures.js';
import type { Outcome } from './simulate.js';
import type { Violation } from './violation.js';

const MOST_VIOLATIONS = 20;

/** The sum of the results of many schedules. It is plain data, because it crosses between processes. */
export interface Tally {
  schedules: number;
  figures: Figures;
  /** By kind. */
  faults: Record<string, number>;
  /** How many schedules there were of each theme. */
  themes: Record<string, number>;
  /** How many schedules broke a promise. */
  broken: number;
  /** The first of them, with the seed that shows it again. */
  violations: (Violation & { readonly seed: number; readonly theme: string })[];
}

export function newTally(): Tally {
  return { schedules: 0, figures: newFigures(), faults: {}, themes: {}, broken: 0, violations: [] };
}

export function count(tally: Tally, { seed, theme, figures, faults, violations }: Outcome): void {
  const [first] = violations;
  add(tally, {
    schedules: 1,
    figures,
    faults: Object.fromEntries(faults),
    themes: { [theme]: 1 },
    broken: first ? 1 : 0,
    violations: first ? [{ ...first, seed, theme }] : [],
  });
}

export function add(tally: Tally, other: Tally): void {
  tally.schedules += other.schedules;
  tally.broken += other.broken;
  tally.figures = sumOf(tally.figures, other.figures);
  addTo(tally.faults, other.faults);
  addTo(tally.themes, other.themes);
  tally.violations.push(...other.violations.slice(0, MOST_VIOLATIONS - tally.violations.length));
}

function addTo(sums: Record<string, number>, others: Readonly<Record<string, number>>): void {
  for (const [kind, times] of Object.entries(others)) sums[kind] = (sums[kind] ?? 0) + times;
}
