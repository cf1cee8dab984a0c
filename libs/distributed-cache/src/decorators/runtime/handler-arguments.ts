import { InvalidKeyError } from '../../errors.js';
import { defaultKey } from '../../keys/default-key.js';
import { originalMethod } from './replace-method.js';
import { type CallableMethod, type MethodSite, placeOf } from './method-site.js';

/**
 * The metadata key under which Nest records the decorated parameters of a method: `{ '0:2': … }` means kind 0 at index 2. The supported
 * versions of Nest do not export it in the same way. `@nestjs/graphql`, `@nestjs/microservices` and `@nestjs/websockets` use the same key.
 */
const PARAMETERS = '__routeArguments__';

/** What calls a method of a controller, resolver or gateway. @internal */
export type Transport = 'http' | 'graphql' | 'microservices' | 'websockets';

/** The prefixes of the metadata that mark a method as a handler. */
const TRANSPORTS = ['graphql', 'microservices', 'websockets'] as const;

/** How a transport calls a handler of which no parameter is decorated. */
const RAW_ARGUMENTS = {
  graphql: ['the parent', 'the arguments', 'the context', 'the info'],
  microservices: ['the payload', 'the context'],
  websockets: ['the client', 'the payload'],
} as const;

/** @internal */
export function transportOf(prototype: object, name: string | symbol): Transport {
  const method: unknown = Reflect.get(prototype, name);
  if (typeof method !== 'function') return 'http';
  const keys = Reflect.getMetadataKeys(method).map(String);
  return TRANSPORTS.find((transport) => keys.some((key) => key.startsWith(`${transport}:`))) ?? 'http';
}

/** The decorated parameters of a method, as Nest records them; `undefined`: none is decorated. @internal */
export function decoratedParameters(prototype: object, name: string | symbol): object | undefined {
  const parameters: unknown = Reflect.getMetadata(PARAMETERS, prototype.constructor, name);
  return typeof parameters === 'object' && parameters !== null ? parameters : undefined;
}

/**
 * What a transport passes to a handler of which no parameter is decorated, in words; `undefined`: the method is called with what it takes.
 *
 * @internal
 */
export function rawArgumentsOf(prototype: object, name: string | symbol): readonly string[] | undefined {
  const transport = transportOf(prototype, name);
  if (transport === 'http' || decoratedParameters(prototype, name)) return undefined;
  return RAW_ARGUMENTS[transport];
}

/**
 * How many parameters a method declares; `undefined`: it cannot be told which arguments it reads, because of a default value, a rest
 * parameter, `arguments`, or another decorator that has wrapped it.
 *
 * @internal
 */
export function declaredParameters(method: CallableMethod): number | undefined {
  const original = originalMethod(method);
  const source = Function.prototype.toString.call(original);
  const isPlain = !/\[native code\]|\barguments\b|\.\.\./.test(source) && !/^[^{]*\([^)]*=/.test(source);
  return isPlain ? original.length : undefined;
}

/**
 * The default key of a call, made of its arguments. Of a handler that its transport calls with more than it declares, only the declared
 * ones count: the others, such as the context of a request, cannot be part of a key.
 *
 * @internal
 */
export function keyOfArguments(site: MethodSite): (instance: object, args: unknown[]) => string {
  const { name, original } = site;
  const where = placeOf(site);
  /** By prototype: how many arguments count; -1: all. */
  const counts = new WeakMap<object, number>();
  const countFor = (instance: object): number => {
    const prototype = Reflect.getPrototypeOf(instance) ?? instance;
    let count = counts.get(prototype);
    if (count === undefined) {
      count = rawArgumentsOf(prototype, name) ? (declaredParameters(original) ?? -1) : -1;
      counts.set(prototype, count);
    }
    return count;
  };
  return (instance, args) => {
    try {
      // No transport passes fewer than two.
      const count = args.length > 1 && args.length > original.length ? countFor(instance) : -1;
      return count < 0 ? defaultKey(...args) : defaultKey(...args.slice(0, count));
    } catch (error) {
      if (error instanceof InvalidKeyError) throw new InvalidKeyError(`${where}: ${error.message}`, { cause: error });
      throw error;
    }
  };
}
