import { RequestMethod } from '@nestjs/common';
import { prototypesFrom } from '../decorators/runtime/prototype-list.js';

/** The metadata that Nest records about a route handler. The supported versions of Nest do not export these keys in the same way. */
const KEY = {
  method: 'method',
  headers: '__headers__',
  redirect: '__redirect__',
  render: '__renderTemplate__',
  events: '__sse__',
  parameters: '__routeArguments__',
  passthrough: '__responsePassthrough__',
  host: 'host',
  filters: '__exceptionFilters__',
} as const;

/** The parameters `@Res()` and `@Next()`, in `RouteParamtypes`. */
const RESPONSE_OR_NEXT = /^[12]:/;

type AnyFunction = (...args: never[]) => unknown;

/** What `@Redirect` was given, or its handler returns. @internal */
export interface Redirect {
  readonly url?: string | undefined;
  readonly statusCode?: number | undefined;
}

/** What is known of a route handler before its first request. @internal */
export interface HandlerMetadata {
  /** `Class.method`, for messages; the default region as well. */
  readonly label: string;
  /** Why no response of it can be stored, in words; `undefined`: it may be. */
  readonly obstacle: string | undefined;
  /** Where `@Redirect` leads to, unless the handler says otherwise; `undefined`: it does not redirect. */
  readonly redirect: Redirect | undefined;
  /** The names of the headers that `@Header` sets, in lower case. */
  readonly headers: ReadonlySet<string>;
  /** Whether the controller is bound to hosts. */
  readonly isHostBound: boolean;
  /** The exception filters of the handler and of its controller. */
  readonly filters: readonly unknown[];
}

/** The name of the property under which a class has a handler. @internal */
export function handlerName(prototype: object, handler: AnyFunction): string {
  for (const each of prototypesFrom(prototype))
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each)))
      if (value === handler) return name;
  return handler.name;
}

/** @internal */
export function handlerMetadata(
  controller: AnyFunction & { prototype: object },
  handler: AnyFunction,
): HandlerMetadata {
  const name = handlerName(controller.prototype, handler);
  const read = (key: string): unknown => Reflect.getMetadata(key, handler);
  return {
    label: `${controller.name}.${name}`,
    obstacle: obstacleOf(read, controller, name),
    redirect: Reflect.getMetadata(KEY.redirect, handler),
    headers: new Set(listOf(read(KEY.headers)).map((each) => String(propertyOf(each, 'name')).toLowerCase())),
    isHostBound: Boolean(Reflect.getMetadata(KEY.host, controller)),
    filters: [...listOf(read(KEY.filters)), ...listOf(Reflect.getMetadata(KEY.filters, controller))],
  };
}

function obstacleOf(read: (key: string) => unknown, controller: AnyFunction, name: string): string | undefined {
  if (read(KEY.method) === RequestMethod.HEAD) return 'the handler is for HEAD alone';
  if (read(KEY.events) !== undefined) return 'the handler sends events';
  if (read(KEY.render) !== undefined) return 'the handler renders a view';
  const parameters: unknown = Reflect.getMetadata(KEY.parameters, controller, name);
  const sendsItself =
    typeof parameters === 'object' &&
    parameters !== null &&
    Object.keys(parameters).some((parameter) => RESPONSE_OR_NEXT.test(parameter)) &&
    Reflect.getMetadata(KEY.passthrough, controller, name) !== true;
  return sendsItself ? 'the handler takes @Res() or @Next() and sends its response itself' : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
