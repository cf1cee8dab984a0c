import { InvalidOptionsError } from '../../errors.js';

/** A method and the decorator that is applied to it. @internal */
export interface MethodSite {
  /** With its `@`, for messages. */
  readonly decorator: string;
  /** The prototype of the class that declares the method. */
  readonly target: object;
  readonly name: string | symbol;
  readonly original: CallableMethod;
}

/** @internal */
export type CallableMethod = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Takes what TypeScript hands to a decorator.
 *
 * @throws {InvalidOptionsError} when the decorator is not applied to an instance method
 *
 * @internal
 */
export function methodSite(decorator: string, target: object, name: unknown, descriptor: unknown): MethodSite {
  if (typeof name !== 'string' && typeof name !== 'symbol') {
    throw new InvalidOptionsError(
      `${decorator} got no method name. Apply it to a method of a class, and compile with "experimentalDecorators": true, as Nest needs.`,
    );
  }
  if (typeof target === 'function') {
    throw new InvalidOptionsError(
      `${decorator} on ${target.name}.${String(name)}: a static method has no instance into which Nest could inject the cache. Make it an instance method.`,
    );
  }
  const original = methodIn(descriptor);
  if (!original) {
    throw new InvalidOptionsError(
      `${decorator} on ${label(target, name)}: this is a getter, setter or property, not a method. Move the work into a method.`,
    );
  }
  return { decorator, target, name, original };
}

/**
 * Refuses a decorator without parentheses. A compiler that does not check types lets it through, and then the method would be replaced by
 * nothing, without a word.
 *
 * @param target - what is given where options are expected
 * @param rest - what is given behind it: nothing, if the decorator has parentheses
 *
 * @internal
 */
export function refuseBare(decorator: string, target: object | undefined, [name]: readonly unknown[]): void {
  if (target === undefined || (typeof name !== 'string' && typeof name !== 'symbol')) return;
  throw new InvalidOptionsError(
    `${decorator} on ${label(target, name)}: the parentheses are missing. Write ${decorator}(…).`,
  );
}

/** `Class.method`, for messages. @internal */
export function label(target: object, name: string | symbol): string {
  return `${classNameOf(target)}.${String(name)}`;
}

/** @internal */
export function classNameOf(prototype: object): string {
  return prototype.constructor.name;
}

/** `@Decorator on Class.method`, for messages. @internal */
export function placeOf({ decorator, target, name }: MethodSite): string {
  return `${decorator} on ${label(target, name)}`;
}

/** An error that says where the decorator is. @internal */
export function contradiction(site: MethodSite, problem: string): InvalidOptionsError {
  return new InvalidOptionsError(`${placeOf(site)}: ${problem}`);
}

function methodIn(descriptor: unknown): CallableMethod | undefined {
  if (typeof descriptor !== 'object' || descriptor === null || !('value' in descriptor)) return undefined;
  return isMethod(descriptor.value) ? descriptor.value : undefined;
}

function isMethod(value: unknown): value is CallableMethod {
  return typeof value === 'function';
}
