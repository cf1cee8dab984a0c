import type { MethodSite } from './method-site.js';

/** Runs a method, or what stands in its place, on an instance. @internal */
export type Proceed = (instance: object, args: unknown[]) => unknown;

/** The method as it was written. @internal */
export function originalOf({ original }: MethodSite): Proceed {
  return (instance, args) => original.apply(instance, args);
}

/**
 * Puts `proceed` in the method's place. What others see stays: its name, its length, its own properties and its metadata, which Nest
 * reads off the function.
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
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), method);
  }
  descriptor.value = method;
}

/** They mean the function itself, or cannot be redefined. */
const OF_EVERY_FUNCTION: ReadonlySet<string | symbol> = new Set(['prototype', 'arguments', 'caller']);
