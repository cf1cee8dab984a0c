/**
 * The metadata key under which Nest records the decorated parameters of a method: `{ '0:2': … }` means kind 0 at index 2. The supported
 * versions of Nest do not export it in the same way. `@nestjs/graphql` and `@nestjs/microservices` use the same key.
 */
const PARAMETERS = '__routeArguments__';

/** Parameters that belong to one request, by their kind in `RouteParamtypes`, `GqlParamtype` and `RpcParamtype`. */
const REQUEST_BOUND = {
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
} as const;

type Transport = keyof typeof REQUEST_BOUND;

/** The decorator of the first parameter that belongs to one request; `undefined` if there is none. @internal */
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
