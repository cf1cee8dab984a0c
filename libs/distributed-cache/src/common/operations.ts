import type { CacheLogger } from './logger.js';

/**
 * Logs the course of one operation at `debug`. Every line holds the id of the operation, by which its lines are found among those of
 * others. Parameters are names of regions, counts, ids and times; never a key, a tag or a value.
 *
 * @internal
 */
export class Operation {
  readonly id: string;
  readonly #logger: CacheLogger;

  constructor(id: string, logger: CacheLogger) {
    this.id = id;
    this.#logger = logger;
  }

  /** Logs that the operation has come this far. It never throws: the operation goes on without a line that cannot be logged. */
  step(message: string, parameters?: object): void {
    try {
      this.#logger.debug(message, { operation: this.id, ...parameters });
    } catch {
      // A load that stopped between two steps would be joined, and awaited, for ever.
    }
  }
}

/**
 * Makes the operations of one instance. While nobody reads `debug` it makes none, and then a step costs nothing: after `?.` its parameters
 * are not even evaluated.
 *
 * @example
 * const operation = operations.begin('load');
 * operation?.step('Load started', { region });
 *
 * @internal
 */
export class Operations {
  readonly #logger: CacheLogger;
  #count = 0;

  constructor(logger: CacheLogger) {
    this.#logger = logger;
  }

  /** A new operation with an id such as `load-17`, which no other of this instance has; `undefined` while nobody reads `debug`. */
  begin(kind: string): Operation | undefined {
    if (!this.#isRead) return undefined;
    this.#count += 1;
    return new Operation(`${kind}-${this.#count}`, this.#logger);
  }

  /** The operation that has this id already, here or in another instance; `undefined` while nobody reads `debug`. */
  named(id: string): Operation | undefined {
    return this.#isRead ? new Operation(id, this.#logger) : undefined;
  }

  get #isRead(): boolean {
    try {
      return this.#logger.isDebugEnabled?.() ?? false;
    } catch {
      // A logger of the application must not break an eviction half-way.
      return false;
    }
  }
}
