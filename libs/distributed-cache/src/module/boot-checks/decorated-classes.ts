import type { DiscoveryService, ModulesContainer } from '@nestjs/core';
import {
  type DecoratedMethod,
  decoratedMethodsOf,
  type DecoratedOperation,
  regionOf,
} from '../../decorators/runtime/decorated-methods.js';
import { label } from '../../decorators/runtime/method-site.js';
import { classPrototypeOf } from '../../decorators/runtime/prototype-list.js';

/** A class of the application whose instances have methods with cache decorators. @internal */
export interface DecoratedClass {
  readonly prototype: object;
  readonly methods: readonly DecoratedMethod[];
  /** Every provider, controller and enhancer that gives an instance of the class; aliases are left out. */
  readonly provisions: readonly Provision[];
  /** Some instances live for one request only: the class is request-scoped, itself or through a dependency. */
  readonly isRequestScoped: boolean;
}

/** One place in which the application provides a class. @internal */
export interface Provision {
  readonly wrapper: Wrapper;
  /** The module that provides it. */
  readonly module: Module;
  /** Whether the application makes the instances (`useValue`, `useFactory`), so that nothing is injected into their properties. */
  readonly isForeign: boolean;
  /** The instances that exist already, but for those of one request. */
  readonly instances: readonly object[];
}

/** One operation of a decorator, on one class of the application. @internal */
export interface DecoratedUse {
  readonly owner: DecoratedClass;
  readonly method: DecoratedMethod;
  readonly operation: DecoratedOperation;
  /** The name of the region that the operation uses; `undefined`: it only evicts tags. */
  readonly region: string | undefined;
}

/** Nest's record of one provider, controller or enhancer; Nest does not export the type. @internal */
export type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Nest's record of one module. @internal */
export type Module = NonNullable<Wrapper['host']>;

/** Every class with decorated methods among the providers, controllers and enhancers of the application; each class once. @internal */
export function decoratedClassesIn(modules: ModulesContainer): DecoratedClass[] {
  const provisions = new Map<object, Provision[]>();
  for (const [prototype, provision] of provisionsIn(modules)) {
    const known = provisions.get(prototype);
    if (known) known.push(provision);
    else provisions.set(prototype, [provision]);
  }
  return Array.from(provisions, ([prototype, its]) => ({
    prototype,
    methods: decoratedMethodsOf(prototype),
    provisions: its,
    isRequestScoped: its.some(({ wrapper }) => !wrapper.isDependencyTreeStatic()),
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

/** `@Decorator on Class.method`, for messages. @internal */
export function placeOfUse(use: DecoratedUse): string {
  return `${use.method.decorator} on ${whereIs(use)}`;
}

/** Everything that the application provides: a provider, a controller or an enhancer, and the module that does. @internal */
export function* wrappersIn(modules: ModulesContainer): Generator<[Wrapper, Module], void> {
  for (const module of modules.values()) {
    for (const its of [module.providers, module.controllers, module.injectables])
      for (const wrapper of its.values()) yield [wrapper, module];
  }
}

/** The instances that a wrapper holds, but for those of one request. @internal */
export function instancesOf(wrapper: Wrapper): object[] {
  const ofOwners: unknown[] = wrapper.isTransient
    ? wrapper.getStaticTransientInstances().map((host) => host?.instance)
    : [];
  return [wrapper.instance, ...ofOwners].filter(isObject);
}

/** Whether the application makes the instances itself, by a value or a factory. @internal */
export function isForeign(wrapper: Wrapper): boolean {
  return !wrapper.isAlias && wrapper.isNotMetatype;
}

function* provisionsIn(modules: ModulesContainer): Generator<[prototype: object, Provision], void> {
  for (const [wrapper, module] of wrappersIn(modules)) {
    if (wrapper.isAlias) continue;
    const instances = instancesOf(wrapper);
    if (!isForeign(wrapper)) {
      const prototype: unknown = wrapper.metatype?.prototype;
      if (isObject(prototype)) yield [prototype, { wrapper, module, isForeign: false, instances }];
      continue;
    }
    for (const instance of instances) {
      const provision = { wrapper, module, isForeign: true, instances: [instance] };
      yield [classPrototypeOf(instance), provision];
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
