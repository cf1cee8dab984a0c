import type { Moment } from './moments.js';

/** The rows behind the caches. A row is only a version number: 0, 1, 2 … */
export class SourceOfTruth {
  readonly #commits = new Map<string, Moment[]>();

  /** Makes a new version of `row` and returns its number. */
  commit(row: string, moment: Moment): number {
    const commits = this.#commits.get(row);
    if (commits) return commits.push(moment);
    this.#commits.set(row, [moment]);
    return 1;
  }

  versionOf(row: string): number {
    return this.#commits.get(row)?.length ?? 0;
  }

  /** When `version` of `row` was replaced; `undefined` while it is the newest. */
  replacedAt(row: string, version: number): Moment | undefined {
    return this.#commits.get(row)?.[version];
  }
}
