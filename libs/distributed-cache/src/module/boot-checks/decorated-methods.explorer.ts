import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { ModulesContainer, REQUEST } from '@nestjs/core';
import { type DistributedCache, isDistributedCache } from '../../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../../cache/distributed-cache.token.js';
import { type Application, applications, hasAnother } from '../../decorators/runtime/applications.js';
import { cacheSlotsOf, identityOf } from '../../decorators/runtime/cache-slot.js';
import { decoratedMethodsOf } from '../../decorators/runtime/decorated-methods.js';
import { classPrototypeOf } from '../../decorators/runtime/prototype-list.js';
import { classNameOf } from '../../decorators/runtime/method-site.js';
import { InvalidOptionsError } from '../../errors.js';
import {
  type DecoratedClass,
  decoratedClassesIn,
  type DecoratedUse,
  instancesOf,
  isForeign,
  placeOfUse,
  usesIn,
  wrappersIn,
} from './decorated-classes.js';
import { refusalsOf, sharedByChoice, unknownCaches } from './decorated-refusals.js';
import { warningsOf } from './decorated-warnings.js';
import { warningsAboutAnother } from './instances-of-one-class.js';
import type { Refusal } from './refusal.js';

/** A cache and what the explorer has to know of it. @internal */
export interface ExploredCache {
  /** `undefined`: the unnamed cache. */
  readonly name: string | undefined;
  /** The cache that the application provides; `undefined`: Nest has not made it yet. A test may have put anything in its place. */
  readonly provided: () => unknown;
  /** The names of the regions in the options. */
  readonly configuredRegions: readonly string[];
}

interface InOrder {
  /** How many modules the application had when it was looked at. */
  readonly modules: number;
  /** `undefined`: no module provides it. */
  readonly owner: DecoratedClass | undefined;
}

/**
 * Looks at every decorated method of the application at boot, and at those that came later at the first call of an instance. It refuses
 * mistakes, warns about likely mistakes, and gives the cache to instances that Nest did not create.
 *
 * @internal
 */
@Injectable()
export class DecoratedMethodsExplorer implements Application, OnModuleDestroy {
  readonly #modules: ModulesContainer;
  readonly #logger = new Logger('DistributedCache');
  readonly #said = new Set<string>();
  #explored: ExploredCache | undefined;
  #isBooted = false;
  #refusals: readonly Refusal[] = [];
  /** The prototypes of which the instances were found to be in order. */
  readonly #inOrder = new WeakMap<object, InOrder>();
  /** The first instance of a class that no module provides. */
  readonly #firstUnlisted = new WeakMap<object, WeakRef<object>>();

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.#modules = modules;
  }

  /** From now on, the decorated methods of this application find the cache. */
  watch(explored: ExploredCache): void {
    this.#explored = explored;
    applications.add(this);
    // A testing module that is only compiled calls no hook: values that had another cache find this one at their next call.
    this.#releaseGiven();
  }

  /** The application stops: what it was given may be given to another one. */
  leave(): void {
    applications.remove(this);
    this.#releaseGiven();
  }

  /** As early as Nest allows: hot reloading boots the next application while this one is still closing. */
  onModuleDestroy(): void {
    this.leave();
  }

  /**
   * Called in `onModuleInit`, when all instances exist.
   *
   * @throws {InvalidOptionsError} naming the method and what to do
   */
  explore(): void {
    this.#isBooted = true;
    const cache = this.#cache;
    if (!cache) return;
    const classes = this.#look();
    const [refusal] = this.#refusals;
    if (refusal) throw new InvalidOptionsError(refusal.message);
    for (const { provisions } of classes)
      for (const { isForeign: isGiven, instances } of provisions)
        if (isGiven) for (const instance of instances) this.#giveTo(instance, cache);
  }

  cacheFor(instance: object, name: string | undefined): DistributedCache | undefined {
    return name === this.#explored?.name && this.#isGiven(instance) ? this.#cache : undefined;
  }

  admit(instance: object, cache: DistributedCache): void {
    if (!this.#isBooted || cache !== this.#cache) return;
    const prototype = classPrototypeOf(instance);
    if (this.#inOrder.get(prototype)?.modules !== this.#modules.size) {
      const classes = this.#look();
      const refusal = this.#refusals.find(({ owners }) => owners.some((owner) => owner.prototype === prototype));
      if (refusal) throw new InvalidOptionsError(refusal.message);
      const owner = classes.find((each) => each.prototype === prototype);
      if (!owner) this.#refuseUnlistedOfRequests(prototype);
      this.#inOrder.set(prototype, { modules: this.#modules.size, owner });
    }
    this.#warnOfAnother(instance, prototype);
  }

  owns(cache: DistributedCache): boolean {
    return cache === this.#cache;
  }

  get factoriesOfRequests(): readonly string[] {
    return Array.from(wrappersIn(this.#modules)).flatMap(([wrapper]) =>
      isForeign(wrapper) && !wrapper.isDependencyTreeStatic() && wrapper.token !== REQUEST
        ? [String(wrapper.name)]
        : [],
    );
  }

  get #cache(): DistributedCache | undefined {
    const provided = this.#explored?.provided();
    return isDistributedCache(provided) ? provided : undefined;
  }

  /** Whether a value or a factory of the application gives this instance. */
  #isGiven(instance: object): boolean {
    const identity = identityOf(instance);
    for (const given of this.#given()) if (identityOf(given) === identity) return true;
    return false;
  }

  /** The instances that values and factories of the application give. */
  *#given(): Generator<object, void> {
    for (const [wrapper] of wrappersIn(this.#modules)) if (isForeign(wrapper)) yield* instancesOf(wrapper);
  }

  #releaseGiven(): void {
    for (const instance of this.#given())
      for (const slot of cacheSlotsOf(instance)) if (slot.cache === this.#explored?.name) slot.release(instance);
  }

  /** Looks at all classes that the application has by now, and says what is new about them. */
  #look(): readonly DecoratedClass[] {
    const classes = decoratedClassesIn(this.#modules);
    const uses = usesIn(classes);
    const own = this.#own(uses);
    this.#refusals = [...unknownCaches(uses, (wanted) => this.#isRegistered(wanted)), ...refusalsOf(own)];
    if (this.#refusals.length > 0) return classes;
    this.#sayOnce('warn', warningsOf(own, this.#knownRegions(), this.#cache?.maxStaleness));
    this.#sayOnce('debug', sharedByChoice(own));
    return classes;
  }

  #own(uses: readonly DecoratedUse[]): readonly DecoratedUse[] {
    return uses.filter(({ operation }) => operation.cache === this.#explored?.name);
  }

  /**
   * No module provides the class, so it cannot be seen whether its instances belong to one request each. They may, where a factory makes
   * something for each request: that is how a factory makes instances whose methods can be decorated.
   *
   * @throws {InvalidOptionsError} when a key is made of the arguments alone
   */
  #refuseUnlistedOfRequests(prototype: object): void {
    const factories = this.factoriesOfRequests;
    if (factories.length === 0) return;
    const [use] = this.#own(usesIn([unlisted(prototype)])).filter(
      ({ operation }) => operation.kind === 'read' && operation.keyOfArguments,
    );
    if (use) throw new InvalidOptionsError(mayBelongToRequest(use, factories));
  }

  /** Warns when Nest does not list this instance, and there is another one of its class. */
  #warnOfAnother(instance: object, prototype: object): void {
    const owner = this.#inOrder.get(prototype)?.owner ?? unlisted(prototype);
    if (owner.isRequestScoped || owner.provisions.some(({ wrapper }) => wrapper.isTransient)) return;
    const listed = owner.provisions.flatMap(({ instances }) => instances.map(identityOf));
    const identity = identityOf(instance);
    if (listed.includes(identity)) return;
    const other = listed[0] ?? this.#firstUnlisted.get(prototype)?.deref();
    if (other === undefined) this.#firstUnlisted.set(prototype, new WeakRef(identity));
    else if (other !== identity) this.#sayOnce('warn', warningsAboutAnother(this.#own(usesIn([owner]))));
  }

  #sayOnce(level: 'warn' | 'debug', lines: Iterable<string>): void {
    for (const line of lines) {
      if (!this.#said.has(line)) this.#logger[level](line);
      this.#said.add(line);
    }
  }

  /** Regions that are used other than by decorators: those in the options, and those already opened by code. */
  #knownRegions(): readonly string[] {
    return [...(this.#explored?.configuredRegions ?? []), ...Object.keys(this.#cache?.stats().regions ?? {})];
  }

  #isRegistered(name: string | undefined): boolean {
    const token = getDistributedCacheToken(name);
    return Array.from(this.#modules.values()).some((module) => module.providers.has(token));
  }

  /** @throws {InvalidOptionsError} when it has the cache of another application that runs */
  #giveTo(instance: object, cache: DistributedCache): void {
    for (const slot of cacheSlotsOf(instance)) {
      if (slot.cache !== this.#explored?.name) continue;
      // What withTestCache() gave stays: a test has chosen it.
      if (slot.isChosen(instance)) continue;
      const given = slot.givenTo(instance);
      if (given === cache) continue;
      if (isDistributedCache(given) && !given.isClosed && applications.own(given))
        throw new InvalidOptionsError(hasAnother(instance));
      slot.give(instance, cache);
    }
  }
}

/** A class that no module provides. */
function unlisted(prototype: object): DecoratedClass {
  return { prototype, methods: decoratedMethodsOf(prototype), provisions: [], isRequestScoped: false };
}

function mayBelongToRequest(use: DecoratedUse, factories: readonly string[]): string {
  return (
    `${placeOfUse(use)}: no module provides ${classNameOf(use.owner.prototype)}, and the application has a request-scoped ` +
    `factory (${factories.join(', ')}) that may have made this instance for one request, which would get a result that was loaded for another. ` +
    `Give key, made of everything that the result depends on: key(id) { return [this.tenant, id]; }, or key: (id) => id.`
  );
}
