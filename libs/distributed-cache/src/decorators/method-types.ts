import type { CacheKey } from '../keys/canonical-key.js';

/**
 * What the compiler cannot know: the method behind `applyDecorators` or one's own decorator factory. There a callback is taken at its
 * word, as what `JSON.parse` gives is.
 *
 * @internal
 */
export type Unchecked = ReturnType<typeof JSON.parse>;

/**
 * Any method a cache decorator can be put on.
 *
 * @publicApi
 */
export type AnyMethod = (...args: Unchecked[]) => Unchecked;

/**
 * What the promise of a method resolves to.
 *
 * @publicApi
 */
export type ResultOf<M extends AnyMethod> = Awaited<ReturnType<M>>;

/**
 * A callback that runs before the method: it takes the method's arguments, and `this` is the instance.
 *
 * @publicApi
 */
export type BeforeMethod<T extends object, M extends AnyMethod, R> = (this: T, ...args: Parameters<M>) => R;

/**
 * A callback that runs after the method: it takes what the method resolved to and its arguments, and `this` is the instance.
 *
 * @publicApi
 */
export type AfterMethod<T extends object, M extends AnyMethod, R> = (
  this: T,
  result: ResultOf<M>,
  ...args: Parameters<M>
) => R;

/**
 * One tag or several.
 *
 * @publicApi
 */
export type Tags = string | readonly string[];

/**
 * Many keys. Not any iterable: a string is one too, and would be taken apart.
 *
 * @publicApi
 */
export type CacheKeys = readonly CacheKey[] | ReadonlySet<CacheKey>;

/** The sentence that the compiler shows for a method that gives no promise. @internal */
export type NotAPromise =
  'A method with a cache decorator returns a promise: declare it async, or let it return Promise<…>';

/**
 * A decorator for methods `M` of `T`. It is a `MethodDecorator` too, so that `applyDecorators` takes it.
 *
 * Of an overloaded method the compiler only sees the last signature; behind `applyDecorators` or one's own decorator factory it sees
 * none, so nothing is checked there.
 *
 * @publicApi
 */
export type CacheDecorator<T extends object, M extends AnyMethod> = [ReturnType<M>] extends [PromiseLike<unknown>]
  ? MethodDecorator & ((target: T, name: string | symbol, descriptor: TypedPropertyDescriptor<M>) => void)
  : (target: T, name: string | symbol, descriptor: NotAPromise) => void;
