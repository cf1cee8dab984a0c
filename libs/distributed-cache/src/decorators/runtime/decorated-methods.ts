import { SHARED_VERSION } from '../../common/copies-of-the-library.js';
import { defaultRegion } from './default-region.js';
import type { CallableMethod, MethodSite } from './method-site.js';
import { PrototypeList } from './prototype-list.js';

/** One operation of a decorator: what the checks at boot have to know of it. @internal */
export interface DecoratedOperation {
  readonly kind: 'read' | 'put' | 'evict' | 'hold';
  /** The name of the cache; `undefined`: the unnamed cache. */
  readonly cache: string | undefined;
  /** The region that the attributes name; `'default'`: they name none; `'none'`: the operation only evicts tags, or holds evictions. */
  readonly region: { readonly named: string } | 'default' | 'none';
  /** Whether the key is made of all arguments, by `defaultKey`. */
  readonly keyOfArguments: boolean;
  /** Whether each entry is one of several values, whose key is made of one id and the further arguments. */
  readonly isPerId?: boolean | undefined;
  /** The timeout of `everywhere`, in ms; `undefined`: none is given. */
  readonly everywhereTimeout?: number | undefined;
}

/** A method with a cache decorator. @internal */
export interface DecoratedMethod {
  /** With its `@`, for messages. */
  readonly decorator: string;
  /** The prototype of the class that declares the method. */
  readonly target: object;
  readonly name: string | symbol;
  /** The method as it was before the decorator. */
  readonly original: CallableMethod;
  readonly operations: readonly DecoratedOperation[];
}

const DECORATED_METHODS = new PrototypeList<DecoratedMethod>(
  `nestjs-distributed-cache:decorated-methods:${SHARED_VERSION}`,
);

/** Lets the checks at boot find a decorated method. @internal */
export function recordDecoratedMethod(site: MethodSite, operations: readonly DecoratedOperation[]): void {
  const { decorator, target, name, original } = site;
  DECORATED_METHODS.add(target, { decorator, target, name, original, operations });
}

/** All decorated methods of instances with this prototype, including inherited and overridden ones. @internal */
export function decoratedMethodsOf(prototype: object): DecoratedMethod[] {
  return DECORATED_METHODS.allItems(prototype);
}

/** The name of the region that the operation uses on instances with this prototype; `undefined`: no region. @internal */
export function regionOf(
  operation: DecoratedOperation,
  method: DecoratedMethod,
  prototype: object,
): string | undefined {
  switch (operation.region) {
    case 'none':
      return undefined;
    case 'default':
      return defaultRegion(prototype, method.target, method.name);
    default:
      return operation.region.named;
  }
}
