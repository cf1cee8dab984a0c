import { AsyncResource } from 'node:async_hooks';

/** Belongs to no context, also when the library is first loaded within a request: a module that is loaded lazily, a function that is called. */
const outside = withoutContext(new AsyncResource('DistributedCache'));

/**
 * Runs `callback` outside of the async context of whoever calls, and returns what it returns.
 *
 * What is made in a context belongs to it: the callbacks of a timer or a connection run in it, and a promise, a timer or a connection keeps
 * its stores in memory for as long as it lives. A store of the application may hold a whole request (`AsyncLocalStorage`, nestjs-cls,
 * tracing). So whatever may outlive the call that it is made in is made in here, and so is everything that is done on behalf of several
 * callers. A loader is not called in here: it runs in the context of its reader.
 *
 * @internal
 */
export function detached<T>(callback: () => T): T {
  // A new resource for each run: on Node.js 20, what a callback of the application gives to `enterWith` stays on the resource.
  return outside.runInAsyncScope(newResource).runInAsyncScope(callback);
}

/** A promise of `value` that holds no context. Cheaper than {@link detached}, since no callback runs. @internal */
export function detachedPromise(value: unknown): Promise<unknown> {
  return outside.runInAsyncScope(resolved, undefined, value);
}

/** A promise, and what settles it. @internal */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(this: void, value: T): void;
  reject(this: void, error: Error): void;
}

/** A promise that holds no context, also while it waits. What settles it may live for longer than whoever waits. @internal */
export function detachedDeferred<T>(): Deferred<T> {
  return detached(() => {
    let resolve: Deferred<T>['resolve'] = () => {};
    let reject: Deferred<T>['reject'] = () => {};
    const promise = new Promise<T>((...settling) => ([resolve, reject] = settling));
    return { promise, resolve, reject };
  });
}

function newResource(): AsyncResource {
  return new AsyncResource('DistributedCache');
}

function resolved(value: unknown): Promise<unknown> {
  return Promise.resolve(value);
}

/**
 * Node.js has no way to leave all contexts at once. It keeps the stores of a context on each resource that is made in it, under symbols of
 * its own: `kResourceStore` for each storage, before version 24, and then `context_frame` for all. On another runtime, the resource stays
 * as it is.
 */
function withoutContext(resource: AsyncResource): AsyncResource {
  for (const symbol of Object.getOwnPropertySymbols(resource)) {
    if (/^(?:kResourceStore|context_frame)$/.test(symbol.description ?? '')) Reflect.set(resource, symbol, undefined);
  }
  return resource;
}
