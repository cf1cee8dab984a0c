import type { Moment } from './moments.js';
import { SourceTransaction } from './source-transaction.js';

/** The rows behind the caches. A row is only a version number: 0, 1, 2 … What a transaction has written is negative until it is committed. */
export class SourceOfTruth {
  readonly #commits = new Map<string, Moment[]>();
  /** Which version of its row a write of a transaction has become. */
  readonly #committed = new Map<number, number>();
  /** The versions whose commit nobody evicted anything for. */
  readonly #forgotten = new Set<string>();
  #writes = 0;
  /** Whether it answers with an error. */
  isDown = false;
  /** How much longer than usual an answer takes, in ms. */
  slowness = 0;

  /** Makes a new version of `row` and returns its number. */
  commit(row: string, moment: Moment): number {
    const commits = this.#commits.get(row);
    if (commits) return commits.push(moment);
    this.#commits.set(row, [moment]);
    return 1;
  }

  begin(): SourceTransaction {
    return new SourceTransaction(() => {
      this.#writes -= 1;
      return this.#writes;
    });
  }

  /** Ends `transaction`, and makes what it has written the newest versions. Returns them by their rows. */
  commitAll(transaction: SourceTransaction, moment: Moment): ReadonlyMap<string, number> {
    const versions = new Map<string, number>();
    for (const [row, write] of transaction.end()) {
      const version = this.commit(row, moment);
      this.#committed.set(write, version);
      versions.set(row, version);
    }
    return versions;
  }

  /** What a query sees. @param within - the transaction that it is a part of */
  versionOf(row: string, within?: SourceTransaction): number {
    return within?.versionOf(row) ?? this.#commits.get(row)?.length ?? 0;
  }

  /** Notes that the eviction of the newest version of `row` is forgotten. */
  forgets(row: string): void {
    this.#forgotten.add(`${row} ${this.versionOf(row)}`);
  }

  /** Whether the eviction was forgotten that would have removed `version` of `row`. */
  isForgotten(row: string, version: number): boolean {
    return this.#forgotten.has(`${row} ${this.numberOf(version) + 1}`);
  }

  /** The number of a version; a negative one was never committed. */
  numberOf(version: number): number {
    return this.#committed.get(version) ?? version;
  }

  /** Whether a version was ever committed, or a query within this transaction sees it. */
  isVisible(row: string, version: number, within?: SourceTransaction): boolean {
    return this.numberOf(version) >= 0 || within?.maySee(row, version) === true;
  }

  /** When `version` of `row` was replaced; `undefined` while it is the newest, and if it was never committed. */
  replacedAt(row: string, version: number): Moment | undefined {
    return this.#commits.get(row)?.[this.numberOf(version)];
  }

  heal(): void {
    this.isDown = false;
    this.slowness = 0;
  }
}
