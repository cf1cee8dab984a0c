import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll } from 'vitest';

/*
 * A vitest `setupFile` of projects whose files share a process. On Node 20, every storage that is on makes every `await` of the process
 * slower, until it is disabled. Tests leave storages on: those of caches that a manual clock never lets come to an end, and their own.
 */

const { run, enterWith } = AsyncLocalStorage.prototype;
const used = new Set<AsyncLocalStorage<unknown>>();

Object.assign(AsyncLocalStorage.prototype, {
  run(this: AsyncLocalStorage<unknown>, ...args: Parameters<typeof run>) {
    used.add(this);
    return Reflect.apply(run, this, args);
  },
  enterWith(this: AsyncLocalStorage<unknown>, store: unknown) {
    used.add(this);
    enterWith.call(this, store);
  },
});

afterAll(() => {
  Object.assign(AsyncLocalStorage.prototype, { run, enterWith });
  for (const storage of used) storage.disable();
  used.clear();
});
