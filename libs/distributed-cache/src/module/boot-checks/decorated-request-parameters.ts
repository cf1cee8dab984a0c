import type { DecoratedMethod } from '../../decorators/runtime/decorated-methods.js';
import {
  declaredParameters,
  decoratedParameters,
  rawArgumentsOf,
  type Transport,
  transportOf,
} from '../../decorators/runtime/handler-arguments.js';

/**
 * Parameters that belong to one request, by their kind in `RouteParamtypes`, `GqlParamtype`, `RpcParamtype` and `WsParamtype`.
 */
const REQUEST_BOUND: Readonly<Record<Transport, ReadonlyMap<string, string>>> = {
  http: new Map([
    ['0', '@Req'],
    ['1', '@Res'],
    ['2', '@Next'],
  ]),
  // Kind 0 is the parent object here, which is an argument like any other.
  graphql: new Map([
    ['1', '@Context'],
    ['2', '@Info'],
  ]),
  microservices: new Map([
    ['6', '@Ctx'],
    ['9', '@GrpcStream'],
  ]),
  websockets: new Map([
    ['0', '@ConnectedSocket'],
    ['13', '@Ack'],
  ]),
};

/** What a transport passes without a decorator, and belongs to one request. */
const RAW_REQUEST_BOUND: ReadonlySet<string> = new Set([
  'the context',
  'the info',
  'the metadata of the call',
  'the call',
  'the client',
  'the acknowledgement',
]);

/** The first parameter that belongs to one request, in words; `undefined` if there is none. @internal */
export function requestBoundParameter(prototype: object, { name, original }: DecoratedMethod): string | undefined {
  const bound = REQUEST_BOUND[transportOf(prototype, name)];
  for (const [parameter, use] of Object.entries(decoratedParameters(prototype, name) ?? {})) {
    const decorator = bound.get(parameter.slice(0, parameter.indexOf(':')));
    if (decorator !== undefined && !picksProperty(use)) return decorator;
  }
  const raw = rawArgumentsOf(prototype, name)?.slice(0, declaredParameters(original) ?? 0);
  return raw?.find((each) => RAW_REQUEST_BOUND.has(each));
}

/** Whether a decorator takes one property, as `@Context('tenantId')` does: that is an argument like any other, of which a key can be made. */
function picksProperty(use: unknown): boolean {
  return typeof use === 'object' && use !== null && 'data' in use && typeof use.data === 'string' && use.data !== '';
}

/**
 * What its transport passes to a handler of which no parameter is decorated, so that it cannot be told which arguments its result depends
 * on; `undefined`: it can be told.
 *
 * @internal
 */
export function unclearArguments(
  prototype: object,
  { name, original }: DecoratedMethod,
): readonly string[] | undefined {
  const raw = rawArgumentsOf(prototype, name);
  return raw && declaredParameters(original) === undefined ? raw : undefined;
}
