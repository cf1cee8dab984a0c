/**
 * Under this key Nest keeps, on the class and per method, the kinds of the decorated parameters: `{ '0:2': … }` is kind 0 at index 2.
 * Nest does not export it on the versions we support alike; `@nestjs/graphql` and `@nestjs/microservices` use the same key.
 */
const PARAMETERS = '__routeArguments__';

/** What is bound to one request, by the kind that each transport gives it (`RouteParamtypes`, `GqlParamtype`, `RpcParamtype`). */
const REQUEST_BOUND = {
  http: new Map([
    ['0', '@Req'],
    ['1', '@Res'],
    ['2', '@Next'],
  ]),
  // Kind 0 is the parent object here, an argument like any other.
  graphql: new Map([
    ['1', '@Context'],
    ['2', '@Info'],
  ]),
  microservices: new Map([
    ['6', '@Ctx'],
    ['9', '@GrpcStream'],
  ]),
} as const;

type Transport = keyof typeof REQUEST_BOUND;

/** The decorator of the first parameter that hands the request, the response or their like to the method. @internal */
export function requestBoundParameter(prototype: object, name: string | symbol): string | undefined {
  const parameters: unknown = Reflect.getMetadata(PARAMETERS, prototype.constructor, name);
  if (typeof parameters !== 'object' || parameters === null) return undefined;
  const bound = REQUEST_BOUND[transportOf(prototype, name)];
  for (const parameter of Object.keys(parameters)) {
    const decorator = bound.get(parameter.slice(0, parameter.indexOf(':')));
    if (decorator) return decorator;
  }
  return undefined;
}

function transportOf(prototype: object, name: string | symbol): Transport {
  const method: unknown = Reflect.get(prototype, name);
  if (typeof method !== 'function') return 'http';
  const keys = Reflect.getMetadataKeys(method).map(String);
  if (keys.some((key) => key.startsWith('graphql:'))) return 'graphql';
  return keys.some((key) => key.startsWith('microservices:')) ? 'microservices' : 'http';
}
