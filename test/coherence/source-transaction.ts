import { invalidationOf, type InvalidationTarget } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { MadeValue } from './made-value.js';
import { Moments, type EntryName, type Moment } from './moments.js';

interface Write {
  readonly row: string;
  readonly version: number;
}

/** A transaction of the source of truth, with savepoints, and what was evicted in it. */
export class SourceTransaction {
  readonly #newVersion: () => number;
  readonly #evicted = new Moments();
  #writes: Write[] = [];
  readonly #written = new Set<number>();
  #isOpen = true;
  /** The values whose size was asked for in it: they may become copies at its end. */
  readonly measured = new Set<MadeValue>();
  /** What was evicted in it. */
  readonly targets: InvalidationTarget[] = [];

  constructor(newVersion: () => number) {
    this.#newVersion = newVersion;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Writes a row, and returns the version by which it is known until the commit. */
  write(row: string): number {
    const version = this.#newVersion();
    this.#writes.push({ row, version });
    this.#written.add(version);
    return version;
  }

  /** The version of a row that it has written; `undefined`: none, or the transaction has ended. */
  versionOf(row: string): number | undefined {
    return this.#isOpen ? this.#writes.findLast((write) => write.row === row)?.version : undefined;
  }

  /** Whether a query in it may give this version: it sees it now, or it saw it before the transaction ended. */
  maySee(row: string, version: number): boolean {
    return this.#isOpen ? this.versionOf(row) === version : this.#written.has(version);
  }

  evicts(targets: readonly InvalidationTarget[], moment: Moment): void {
    this.targets.push(...targets);
    this.#evicted.add(invalidationOf(targets), moment);
  }

  /** Whether `entry` was evicted in it. */
  hasEvicted(entry: EntryName): boolean {
    return this.#evicted.cover(entry);
  }

  /** A place to which {@link rollBackTo} goes back. */
  savepoint(): number {
    return this.#writes.length;
  }

  rollBackTo(savepoint: number): void {
    this.#writes = this.#writes.slice(0, savepoint);
  }

  /** Returns the last version of each row that it has written. */
  end(): ReadonlyMap<string, number> {
    this.#isOpen = false;
    return new Map(this.#writes.map(({ row, version }) => [row, version]));
  }
}
