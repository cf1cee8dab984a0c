import { InvalidKeyError } from '../../errors.js';
import { defaultKey } from '../../keys/default-key.js';
import { classPrototypeOf } from './prototype-list.js';
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

/** What a handler is called with of which no parameter is decorated, where that may be more than it declares. */
const RAW_ARGUMENTS = {
  graphql: ['the parent', 'the arguments', 'the context', 'the info'],
  grpc: ['the payload', 'the metadata of the call', 'the call'],
  websockets: ['the client', 'the payload', 'the acknowledgement'],
} as const;

/** The metadata key under which `@nestjs/microservices` records for which transport a handler is, and the number of gRPC there. */
const TRANSPORT = 'microservices:transport';
const GRPC = 4;

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
 * What a transport passes to a handler of which no parameter is decorated, in words; `undefined`: the method is called with what it takes, as
 * a route handler with nothing, and a message handler with the payload.
 *
 * @internal
 */
export function rawArgumentsOf(prototype: object, name: string | symbol): readonly string[] | undefined {
  if (decoratedParameters(prototype, name)) return undefined;
  const transport = transportOf(prototype, name);
  if (transport === 'graphql' || transport === 'websockets') return RAW_ARGUMENTS[transport];
  const method: unknown = Reflect.get(prototype, name);
  const isGrpc = typeof method === 'function' && Reflect.getMetadata(TRANSPORT, method) === GRPC;
  return isGrpc ? RAW_ARGUMENTS.grpc : undefined;
}

/**
 * How many parameters a method declares; `undefined`: it cannot be told which arguments it reads, because of a default value, a rest
 * parameter, `arguments`, or another decorator that has wrapped it.
 *
 * @internal
 */
export function declaredParameters(method: CallableMethod): number | undefined {
  const original = originalMethod(method);
  const source = Function.prototype.toString.call(original).replaceAll(TEXT_OR_COMMENT, "''");
  const parameters = /^[^(]*\(([^()]*)\)/.exec(source)?.[1];
  if (parameters === undefined || /=|\.\.\./.test(parameters) || /\[native code\]|(?<!\.)\barguments\b/.test(source))
    return undefined;
  return original.length;
}

/** What a source contains that is not code: it may look like code. */
const TEXT_OR_COMMENT = /\/\*[^]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;

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
    const prototype = classPrototypeOf(instance);
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
