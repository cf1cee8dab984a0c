import suite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv, type KeyvOptions } from 'keyv';
import * as vitest from 'vitest';
import { startedCache } from '../../../../../test/support/instances/instances.js';

/** These move the wall clock and expect entries to expire. Ours expire by a clock that nobody can set. Named in docs/cache-manager.md. */
const BY_WALL_CLOCK: readonly string[] = ['.set(key, value, ttl) sets a value that expires'];

/** A plain Keyv whose values stay in the process: without serialisation, unless a test asks for its own. */
class UnserialisedKeyv extends Keyv {
  constructor(options: KeyvOptions = {}) {
    super(options);
    if (options.serialize) return;
    this.serialize = undefined;
    this.deserialize = undefined;
  }
}

const realDate = Date;
vitest.afterEach(() => {
  globalThis.Date = realDate;
});

const test = {
  ...vitest,
  it: (name: string, run: (context: vitest.TestContext) => unknown) =>
    BY_WALL_CLOCK.includes(name) ? vitest.it.fails(name, run) : vitest.it(name, run),
};

vitest.describe("Keyv's own test suite, over our store", () => {
  const { cacheManager } = startedCache();
  const [keyv] = cacheManager.stores;
  const store = (): unknown => keyv?.store;
  Reflect.apply(suite, undefined, [test, UnserialisedKeyv, store]);
  Reflect.apply(keyvIteratorTests, undefined, [test, UnserialisedKeyv, store]);
});
