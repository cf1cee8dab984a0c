import { defaultRegion } from './default-region.js';
import type { MethodSite } from './method-site.js';
import { PrototypeList } from './prototype-list.js';

/** One thing that a decorator does around a method, as far as the boot has to know it. @internal */
export interface DecoratedOperation {
  readonly kind: 'read' | 'put' | 'evict';
  /** The name of the cache; `undefined`: the unnamed one. */
  readonly cache: string | undefined;
  /** Its region's name, or how it comes to one; `'none'`: it only evicts tags. */
  readonly region: { readonly named: string } | 'default' | 'none';
  /** The key is made of all arguments. */
  readonly keyOfArguments: boolean;
}

/** @internal */
export interface DecoratedMethod {
  readonly decorator: string;
  /** The prototype on which it was decorated. */
  readonly target: object;
  readonly name: string | symbol;
  readonly operations: readonly DecoratedOperation[];
}

const DECORATED_METHODS = new PrototypeList<DecoratedMethod>('nestjs-distributed-cache:decorated-methods');

/** @internal */
export function recordDecoratedMethod(site: MethodSite, operations: readonly DecoratedOperation[]): void {
  const { decorator, target, name } = site;
  DECORATED_METHODS.add(target, { decorator, target, name, operations });
}

/** All decorated methods that instances with this prototype have, the inherited and the overridden ones included. @internal */
export function decoratedMethodsOf(prototype: object): DecoratedMethod[] {
  return DECORATED_METHODS.allItems(prototype);
}

/** The region that the operation uses on instances with this prototype; `undefined`: none. @internal */
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
