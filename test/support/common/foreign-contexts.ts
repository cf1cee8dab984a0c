import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What an application keeps for one request: a tracing span, the user, … */
export interface RequestStore {
  readonly request: number;
  readonly body: readonly number[];
}

/** An `AsyncLocalStorage` of the application, about which the cache knows nothing. */
export class ForeignContexts {
  readonly #storage = new AsyncLocalStorage<RequestStore>();
  readonly #stores: WeakRef<RequestStore>[] = [];

  /** The number of the request to which the running code belongs; `undefined`: to none. */
  get current(): number | undefined {
    return this.#storage.getStore()?.request;
  }

  /** Runs `work` as a request with a store of its own. */
  run<T>(work: (request: number) => T): T {
    const request = this.#stores.length;
    const store: RequestStore = { request, body: Array.from({ length: 100 }, () => request) };
    this.#stores.push(new WeakRef(store));
    return this.#storage.run(store, () => work(request));
  }

  /** How many of the stores are in memory; asked after {@link garbageCollected}. */
  get held(): number {
    return this.#stores.filter((store) => store.deref() !== undefined).length;
  }
}

/** Collects what nobody refers to any more. */
export async function garbageCollected(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('V8 gives no gc()');
  for (let round = 0; round < 4; round += 1) {
    // A WeakRef holds what it was asked for until the current job has ended.
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
}
