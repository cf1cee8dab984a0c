import type { CallableMethod, MethodSite } from './method-site.js';

/** Runs a method, or its replacement, on an instance. @internal */
export type Proceed = (instance: object, args: unknown[]) => unknown;

/** Runs the method as it was before the decorator. @internal */
export function originalOf({ original }: MethodSite): Proceed {
  return (instance, args) => original.apply(instance, args);
}

/** The methods that were replaced, by their replacements. */
const REPLACED = new WeakMap<object, CallableMethod>();

/** The method as it was before any decorator of this library. @internal */
export function originalMethod(method: CallableMethod): CallableMethod {
  let original = method;
  for (let known = REPLACED.get(method); known; known = REPLACED.get(known)) original = known;
  return original;
}

/** Own properties of every function, which either cannot be redefined or would mean the original. */
const OF_EVERY_FUNCTION: ReadonlySet<string | symbol> = new Set(['prototype', 'arguments', 'caller']);

/**
 * Replaces the method by `proceed`. The replacement keeps the name, the length, the own properties and the metadata of the method:
 * Nest reads routes, parameters and guards from there.
 *
 * @internal
 */
export function replaceMethod({ original }: MethodSite, descriptor: PropertyDescriptor, proceed: Proceed): void {
  const method = function (this: object, ...args: unknown[]): unknown {
    return proceed(this, args);
  };
  for (const property of Reflect.ownKeys(original)) {
    const own = Object.getOwnPropertyDescriptor(original, property);
    if (own && !OF_EVERY_FUNCTION.has(property)) Object.defineProperty(method, property, own);
  }
  for (const key of Reflect.getOwnMetadataKeys(original)) {
    const value: unknown = Reflect.getOwnMetadata(key, original);
    Reflect.defineMetadata(key, value, method);
  }
  REPLACED.set(method, original);
  descriptor.value = method;
}
