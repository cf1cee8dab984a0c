import type { DiscoveryService, ModulesContainer } from '@nestjs/core';
import {
  type DecoratedMethod,
  decoratedMethodsOf,
  type DecoratedOperation,
  regionOf,
} from '../../decorators/runtime/decorated-methods.js';
import { label } from '../../decorators/runtime/method-site.js';

/** A class of the application whose instances have methods with cache decorators. @internal */
export interface DecoratedClass {
  readonly prototype: object;
  readonly methods: readonly DecoratedMethod[];
  /** Some instances live for one request only: the class is request-scoped, itself or through a dependency. */
  readonly isRequestScoped: boolean;
  /** Singletons that Nest did not create (`useValue`, `useFactory`), so that nothing was injected into their properties. */
  readonly foreignInstances: readonly object[];
}

/** One operation of a decorator, on one class of the application. @internal */
export interface DecoratedUse {
  readonly owner: DecoratedClass;
  readonly method: DecoratedMethod;
  readonly operation: DecoratedOperation;
  /** The name of the region that the operation uses; `undefined`: it only evicts tags. */
  readonly region: string | undefined;
}

/** Nest's record of one provider, controller or enhancer; Nest does not export the type. */
type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Every class with decorated methods among the providers, controllers and enhancers of the application; each class once. @internal */
export function decoratedClassesIn(modules: ModulesContainer): DecoratedClass[] {
  const wrappers = new Map<object, Wrapper[]>();
  for (const wrapper of wrappersIn(modules)) {
    const prototype = prototypeOf(wrapper);
    if (!prototype) continue;
    const known = wrappers.get(prototype);
    if (known) known.push(wrapper);
    else wrappers.set(prototype, [wrapper]);
  }
  return Array.from(wrappers, ([prototype, provided]) => ({
    prototype,
    methods: decoratedMethodsOf(prototype),
    isRequestScoped: provided.some((wrapper) => !wrapper.isDependencyTreeStatic()),
    foreignInstances: provided.flatMap((wrapper) => foreignInstanceOf(wrapper) ?? []),
  })).filter(({ methods }) => methods.length > 0);
}

/** Every operation of every decorated method of `classes`. @internal */
export function usesIn(classes: readonly DecoratedClass[]): DecoratedUse[] {
  return classes.flatMap((owner) =>
    owner.methods.flatMap((method) =>
      method.operations.map((operation) => ({
        owner,
        method,
        operation,
        region: regionOf(operation, method, owner.prototype),
      })),
    ),
  );
}

/** `Class.method`, for messages; the class is that of the instances, which may inherit the method. @internal */
export function whereIs({ owner, method }: DecoratedUse): string {
  return label(owner.prototype, method.name);
}

function* wrappersIn(modules: ModulesContainer): Generator<Wrapper, void> {
  for (const { providers, controllers, injectables } of modules.values()) {
    yield* providers.values();
    yield* controllers.values();
    yield* injectables.values();
  }
}

function prototypeOf(wrapper: Wrapper): object | undefined {
  if (wrapper.isAlias) return undefined;
  if (wrapper.isNotMetatype) {
    const instance = foreignInstanceOf(wrapper);
    return instance && (Reflect.getPrototypeOf(instance) ?? undefined);
  }
  const prototype: unknown = wrapper.metatype?.prototype;
  return isObject(prototype) ? prototype : undefined;
}

/** The object given with `useValue`, or made by the factory of a singleton. */
function foreignInstanceOf(wrapper: Wrapper): object | undefined {
  if (wrapper.isAlias || !wrapper.isNotMetatype) return undefined;
  const instance: unknown = wrapper.instance;
  return isObject(instance) ? instance : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
