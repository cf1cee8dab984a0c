import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** What is known of one key: its version, and the newest version whose invalidation is in the log, since when. */
const RECORD_BYTES = 24;

/**
 * The database that the instances cache: a file of numbers, which every process reads and writes in a microsecond. Each key is written by
 * one process only.
 */
export class SourceOfTruth {
  #file;
  #record = Buffer.alloc(RECORD_BYTES);

  /** @param {string} path */
  constructor(path) {
    this.#file = openSync(path, 'r+');
  }

  /**
   * @param {string} path
   * @param {number} keys
   */
  static create(path, keys) {
    const file = openSync(path, 'w+');
    ftruncateSync(file, keys * RECORD_BYTES);
    closeSync(file);
  }

  /** @param {number} key */
  version(key) {
    readSync(this.#file, this.#record, 0, 8, key * RECORD_BYTES);
    return this.#record.readDoubleLE(0);
  }

  /**
   * Commits a new version.
   *
   * @param {number} key
   */
  change(key) {
    const version = this.version(key) + 1;
    this.#record.writeDoubleLE(version, 0);
    writeSync(this.#file, this.#record, 0, 8, key * RECORD_BYTES);
    return version;
  }

  /**
   * The invalidation of `version` is in the log.
   *
   * @param {number} key
   * @param {number} version
   * @param {number} at
   */
  logged(key, version, at) {
    this.#record.writeDoubleLE(version, 8);
    this.#record.writeDoubleLE(at, 16);
    writeSync(this.#file, this.#record, 8, 16, key * RECORD_BYTES + 8);
  }

  /**
   * The newest version that every instance has been told of, and when.
   *
   * @param {number} key
   */
  told(key) {
    readSync(this.#file, this.#record, 8, 16, key * RECORD_BYTES + 8);
    return { version: this.#record.readDoubleLE(8), at: this.#record.readDoubleLE(16) };
  }
}

/** The same clock in every process of this machine, in ms. */
export function now() {
  return performance.timeOrigin + performance.now();
}
