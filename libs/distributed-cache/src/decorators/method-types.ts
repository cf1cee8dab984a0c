import type { CacheKey } from '../keys/canonical-key.js';

/**
 * A type that the compiler cannot know: the method behind `applyDecorators` or a decorator factory of one's own, and every method in
 * the code that serves all of them alike. Callbacks are not checked against such a method.
 *
 * @internal
 */
// oxlint-disable-next-line typescript/no-explicit-any -- `unknown` would refuse every callback there that declares its parameters
export type Unchecked = any;

/**
 * Any method that a cache decorator can be applied to.
 *
 * @publicApi
 */
export type AnyMethod = (...args: Unchecked[]) => Unchecked;

/**
 * The type that the promise of a method resolves to.
 *
 * @publicApi
 */
export type ResultOf<M extends AnyMethod> = Awaited<ReturnType<M>>;

/**
 * A callback that runs before the method. It takes the arguments of the method; `this` is the instance.
 *
 * @publicApi
 */
export type BeforeMethod<T extends object, M extends AnyMethod, R> = (this: T, ...args: Parameters<M>) => R;

/**
 * A callback that runs after the method. It takes the result of the method, then its arguments; `this` is the instance.
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
 * Several keys. Other iterables are excluded because a string is iterable too and would be split into its characters.
 *
 * @publicApi
 */
export type CacheKeys = readonly CacheKey[] | ReadonlySet<CacheKey>;

/** The sentence that the compiler shows for a method that does not return a promise. @internal */
export type NotAPromise =
  'A method with a cache decorator must return a promise: declare it async, or let it return Promise<…>';

/**
 * A decorator for methods of type `M` in classes of type `T`. It is a `MethodDecorator` as well, so that `applyDecorators` accepts it.
 *
 * Two things are not checked. For an overloaded method the compiler only looks at the last signature. Behind `applyDecorators`, or
 * behind a decorator factory of one's own, it does not know the method at all.
 *
 * @publicApi
 */
export type CacheDecorator<T extends object, M extends AnyMethod> = [ReturnType<M>] extends [PromiseLike<unknown>]
  ? MethodDecorator & ((target: T, name: string | symbol, descriptor: TypedPropertyDescriptor<M>) => void)
  : (target: T, name: string | symbol, descriptor: NotAPromise) => void;
