import type { Answer } from '../protocol/question.js';

/** A property of what came as JSON; `undefined`: there is none. @internal */
export function propertyOf(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) => (typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined),
    value,
  );
}

/** A number in what came as JSON; `null`: there is none. @internal */
export function numberIn(value: unknown, ...path: readonly string[]): number | null {
  const found = propertyOf(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
}

/** The statistics of the regions in an answer, by their names; those that have none are under `''`. @internal */
export function regionsOf(answer: Answer | undefined): ReadonlyMap<string, unknown> {
  const stats = propertyOf(answer, 'stats');
  const regions = propertyOf(stats, 'regions');
  const others = propertyOf(stats, 'others');
  const named = typeof regions === 'object' && regions !== null ? Object.entries(regions) : [];
  return new Map<string, unknown>(others === undefined ? named : [...named, ['', others]]);
}

/** A count of all regions together. @internal */
export function sumOf(answer: Answer | undefined, count: string): number {
  let sum = 0;
  for (const region of regionsOf(answer).values()) sum += numberIn(region, count) ?? 0;
  return sum;
}

/** @internal */
export function entriesOf(answer: Answer | undefined): number | undefined {
  return answer && sumOf(answer, 'entries');
}

/** The share of reads that were hits, since the start of the instance; `null`: there were none. @internal */
export function hitRateOf(answer: Answer | undefined): number | null {
  const hits = sumOf(answer, 'hits');
  const reads = hits + sumOf(answer, 'misses');
  return reads === 0 ? null : hits / reads;
}
