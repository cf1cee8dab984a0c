import { endsSlice } from '../../common/in-slices.js';
import { nextTurnOfEventLoop } from '../../common/next-turn.js';
import type { Execution } from './execution.js';

/**
 * One call of a bulk loader. The call begins once the batch is sealed and all its loads have begun: a load may wait for its turn.
 *
 * @internal
 */
export class Batch {
  /** The execution that the loads of the batch share; `undefined`: they are uncoordinated. */
  readonly execution: Execution | undefined;
  readonly #ids: Map<string, unknown>;
  /** All values: for each further slice of the keys, they come one turn of the event loop later. */
  #values: Promise<ReadonlyMap<string, unknown>>;
  #begin: () => void = () => {};
  #isSealed = false;
  #begun = 0;

  /** @param ids - the ids as the caller gave them, by canonical key; the batch adds them, and the execution knows its keys by them */
  constructor(
    ids: Map<string, unknown>,
    load: (ids: unknown[]) => Promise<ReadonlyMap<string, unknown>>,
    execution?: Execution,
  ) {
    this.#ids = ids;
    this.execution = execution;
    this.#values = new Promise<void>((resolve) => (this.#begin = resolve)).then(() => load([...this.#ids.values()]));
  }

  add(key: string, id: unknown): void {
    this.#ids.set(key, id);
  }

  seal(): void {
    this.#isSealed = true;
    this.#beginWhenComplete();
  }

  /** Notes that the load of one of the keys has begun; resolves with all values, when it is the turn of that load. */
  values(): Promise<ReadonlyMap<string, unknown>> {
    if (endsSlice(this.#begun)) this.#values = oneTurnLater(this.#values);
    this.#begun += 1;
    this.#beginWhenComplete();
    return this.#values;
  }

  #beginWhenComplete(): void {
    if (this.#isSealed && this.#begun === this.#ids.size) this.#begin();
  }
}

async function oneTurnLater<T>(promise: Promise<T>): Promise<T> {
  const value = await promise;
  await nextTurnOfEventLoop();
  return value;
}
