import type { CacheKey } from '../keys/canonical-key.js';
import type { AnyMethod, NotAPromise, ResultOf, Unchecked } from './method-types.js';

type IsUnchecked<X> = 0 extends 1 & X ? true : false;

/**
 * The type of one id in the list that the method takes first.
 *
 * @publicApi
 */
export type BulkId<M extends AnyMethod> =
  IsUnchecked<Parameters<M>[0]> extends true ? Unchecked : [Parameters<M>[0]] extends [Iterable<infer Id>] ? Id : never;

/**
 * The arguments after the ids.
 *
 * @publicApi
 */
export type BulkRest<M extends AnyMethod> = Parameters<M> extends [unknown, ...infer Rest] ? Rest : Unchecked[];

/** Whether the method gives the values by id, or a list of them; `never`: neither. @internal */
export type BulkShape<M extends AnyMethod> =
  IsUnchecked<ResultOf<M>> extends true
    ? 'unchecked'
    : [ResultOf<M>] extends [Iterable<readonly [infer Id, infer V]>]
      ? [Map<Id, V>] extends [ResultOf<M>]
        ? 'map'
        : ListShape<M>
      : ListShape<M>;

type ListShape<M extends AnyMethod> = [ResultOf<M>] extends [Iterable<infer V>]
  ? [V[]] extends [ResultOf<M>]
    ? 'list'
    : never
  : never;

/**
 * The type of one value: of a row in a list, or of a value in a `Map`.
 *
 * @publicApi
 */
export type BulkValue<M extends AnyMethod> =
  IsUnchecked<ResultOf<M>> extends true
    ? Unchecked
    : BulkShape<M> extends 'map'
      ? [ResultOf<M>] extends [Iterable<readonly [unknown, infer V]>]
        ? V
        : never
      : [ResultOf<M>] extends [Iterable<infer V>]
        ? V
        : never;

/**
 * A callback that takes one id, then the other arguments of the method; `this` is the instance.
 *
 * @publicApi
 */
export type BeforeEach<T extends object, M extends AnyMethod, R> = (this: T, id: BulkId<M>, ...rest: BulkRest<M>) => R;

/**
 * A callback that takes one value, its id, then the other arguments of the method; `this` is the instance.
 *
 * @publicApi
 */
export type AfterEach<T extends object, M extends AnyMethod, R> = (
  this: T,
  value: BulkValue<M>,
  id: BulkId<M>,
  ...rest: BulkRest<M>
) => R;

/** The sentence that the compiler shows for a method whose first parameter is not a list of ids. @internal */
export type TakesNoIds =
  'The first parameter of a method with @CacheableMany must be a list of ids: string[], readonly number[], Iterable<string>, …';

/** The sentence that the compiler shows for a method whose result does not hold several values. @internal */
export type GivesNoValues =
  'A method with @CacheableMany must return a promise of a Map from id to value, or of a list: Promise<Map<string, Product>>, Promise<Product[]>, …';

/** The sentence that the compiler shows for a list of which the id of each value is not known. @internal */
export type NeedsIdOf =
  'A method that returns a list needs idOf, which tells the id of each value: rows may come in another order, or not at all';

/** Whether the method can be handed a list of the ids that are missing, in place of the ids. */
type TakesIds<M extends AnyMethod> =
  IsUnchecked<Parameters<M>[0]> extends true
    ? true
    : [Parameters<M>[0]] extends [Iterable<infer Id>]
      ? [Id[]] extends [Parameters<M>[0]]
        ? true
        : [Set<Id>] extends [Parameters<M>[0]]
          ? true
          : false
      : false;

/** What keeps the method from being decorated, in a sentence for the compiler to show; `never`: nothing. */
type ProblemOf<M extends AnyMethod, Insufficient> =
  IsUnchecked<M> extends true
    ? never
    : [ReturnType<M>] extends [PromiseLike<unknown>]
      ? TakesIds<M> extends true
        ? [BulkShape<M>] extends [never]
          ? GivesNoValues
          : BulkShape<M> extends Insufficient
            ? NeedsIdOf
            : never
        : TakesNoIds
      : NotAPromise;

/**
 * A decorator for methods that take a list of ids first and give the value of each. What `CacheDecorator` says about overloads,
 * `applyDecorators` and decorator factories holds here, too.
 *
 * @typeParam Insufficient - the shape of result for which the attributes do not suffice
 *
 * @publicApi
 */
export type BulkCacheDecorator<T extends object, M extends AnyMethod, Insufficient = never> = [
  ProblemOf<M, Insufficient>,
] extends [never]
  ? MethodDecorator & ((target: T, name: string | symbol, descriptor: TypedPropertyDescriptor<M>) => void)
  : (target: T, name: string | symbol, descriptor: ProblemOf<M, Insufficient>) => void;

/** An id that can be its own key. @internal */
export type IsKey<M extends AnyMethod> = [BulkId<M>] extends [CacheKey] ? true : false;
