import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

/** What every event on the channels of `node:diagnostics_channel` tells. @publicApi */
export interface CacheTrace {
  readonly namespace: string;
  /** `<host>:<pid>:<random>` of the instance in this process. */
  readonly instanceId: string;
  /** What the operation has failed with; set before `error` is published. */
  error?: unknown;
}

/** @internal */
export type Tracing<C extends CacheTrace> = TracingChannel<unknown, C>;

/**
 * The channels `tracing:nestjs-distributed-cache:<operation>:start`, `end`, `error`, `asyncStart` and `asyncEnd`. Node.js keeps them for the
 * process, so each event says which cache it is about.
 *
 * @internal
 */
export function tracingOf<C extends CacheTrace>(operation: string): Tracing<C> {
  return tracingChannel<unknown, C>(`nestjs-distributed-cache:${operation}`);
}

const AROUND = Symbol.for('nestjs-distributed-cache:around');

/** Calls what it is given, such as in a context of its own. @internal */
export type Around = <R>(run: () => R) => R;

/**
 * Lets `around` call the operation. For a listener of `start` whose context is not in an `AsyncLocalStorage` that it could bind to the
 * channel. A class derived from that would not do: Node.js 26 enters a bound store without its method `run`.
 *
 * @internal
 */
export function surround(context: object, around: Around): void {
  const outer = aroundOf(context);
  Reflect.set(context, AROUND, outer ? <R>(run: () => R): R => outer(() => around(run)) : around);
}

function aroundOf(context: object): Around | undefined {
  // Only `surround` writes there.
  return Reflect.get(context, AROUND);
}

/**
 * Runs an operation and publishes its course. To be called only while somebody listens (`tracing.hasSubscribers`).
 *
 * `TracingChannel.tracePromise` would do, but puts the result on the context, and the result of a load is the cached value.
 *
 * @param run - called at once; if it throws, the promise rejects
 * @param ended - notes on the context what listeners may know of the result
 *
 * @internal
 */
export function traced<C extends CacheTrace, R>(
  { start, end, asyncStart, asyncEnd, error }: Tracing<C>,
  context: C,
  run: () => R | PromiseLike<R>,
  ended: (result: R) => void = () => {},
): Promise<R> {
  const settled = (): void => {
    asyncStart.publish(context);
    asyncEnd.publish(context);
  };
  return start.runStores(context, () => {
    const around = aroundOf(context);
    const outcome = (async () => await (around ? around(run) : run()))();
    end.publish(context);
    return outcome.then(
      (result) => {
        ended(result);
        settled();
        return result;
      },
      (cause: unknown) => {
        context.error = cause;
        error.publish(context);
        settled();
        throw cause;
      },
    );
  });
}
