import type { CacheLogger } from './logger.js';

/**
 * One operation whose course is logged at `debug`: every line holds the id of the operation, so that its lines can be found among those
 * of the others. Parameters are names of regions, counts, ids and times; never a key and never a value.
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
 * Makes the operations of one instance.
 *
 * There is none while nobody reads `debug`, and a step of none costs nothing: with `?.` its parameters are not even made.
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
    return this.#logger.isDebugEnabled?.() ?? false;
  }
}
