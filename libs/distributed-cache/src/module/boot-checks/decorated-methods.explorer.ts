import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModulesContainer, REQUEST } from '@nestjs/core';
import { type DistributedCache, isDistributedCache } from '../../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../../cache/distributed-cache.token.js';
import { type Application, applications } from '../../decorators/runtime/applications.js';
import { cacheSlotsOf } from '../../decorators/runtime/cache-slot.js';
import { decoratedMethodsOf } from '../../decorators/runtime/decorated-methods.js';
import { classNameOf } from '../../decorators/runtime/method-site.js';
import { InvalidOptionsError } from '../../errors.js';
import {
  type DecoratedClass,
  decoratedClassesIn,
  type DecoratedUse,
  instancesOf,
  isForeign,
  usesIn,
  wrappersIn,
} from './decorated-classes.js';
import { refusalsOf, sharedByChoice, unknownCaches } from './decorated-refusals.js';
import { warningsOf } from './decorated-warnings.js';
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

/**
 * Looks at every decorated method of the application at boot, and at those that came later at the first call of an instance. It refuses
 * mistakes, warns about likely mistakes, and gives the cache to instances that Nest did not create.
 *
 * @internal
 */
@Injectable()
export class DecoratedMethodsExplorer implements Application {
  readonly #modules: ModulesContainer;
  readonly #logger = new Logger('DistributedCache');
  readonly #said = new Set<string>();
  #explored: ExploredCache | undefined;
  #isBooted = false;
  #refusals: readonly Refusal[] = [];
  /** The prototypes of which the instances were found to be in order, and the number of modules that the application had then. */
  #inOrder = new Map<object, number>();

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.#modules = modules;
  }

  /** From now on, the decorated methods of this application find the cache. */
  watch(explored: ExploredCache): void {
    this.#explored = explored;
    applications.add(this);
  }

  /** The application stops. */
  leave(): void {
    applications.remove(this);
  }

  /**
   * Called in `onModuleInit`, when all instances exist.
   *
   * @throws {InvalidOptionsError} naming the method and what to do
   */
  explore(): void {
    const cache = this.#cache;
    if (!cache) return;
    this.#isBooted = true;
    const classes = this.#look();
    const [refusal] = this.#refusals;
    if (refusal) throw new InvalidOptionsError(refusal.message);
    for (const { provisions } of classes)
      for (const { isForeign: isGiven, instances } of provisions)
        if (isGiven) for (const instance of instances) this.#giveTo(instance, cache);
  }

  cacheFor(instance: object, name: string | undefined): DistributedCache | undefined {
    return name === this.#explored?.name && this.provides(instance) ? this.#cache : undefined;
  }

  admit(instance: object, cache: DistributedCache): void {
    if (!this.#isBooted || cache !== this.#cache) return;
    const prototype = Reflect.getPrototypeOf(instance) ?? instance;
    if (this.#inOrder.get(prototype) === this.#modules.size) return;
    this.#look();
    const refusal = this.#refusals.find(({ owners }) => owners.some((owner) => owner.prototype === prototype));
    if (refusal) throw new InvalidOptionsError(refusal.message);
    this.#inOrder.set(prototype, this.#modules.size);
  }

  provides(instance: object): boolean {
    for (const [wrapper] of wrappersIn(this.#modules)) if (instancesOf(wrapper).includes(instance)) return true;
    return false;
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

  /** Looks at all classes that the application has by now, and says what is new about them. */
  #look(): readonly DecoratedClass[] {
    const classes = decoratedClassesIn(this.#modules);
    const uses = usesIn(classes);
    const own = uses.filter(({ operation }) => operation.cache === this.#explored?.name);
    this.#refusals = [...unknownCaches(uses, (wanted) => this.#isRegistered(wanted)), ...refusalsOf(own)];
    if (this.#refusals.length === 0) this.#sayOnce(own);
    return classes;
  }

  #sayOnce(own: readonly DecoratedUse[]): void {
    const once = (lines: Iterable<string>, say: (line: string) => void): void => {
      for (const line of lines) {
        if (!this.#said.has(line)) say(line);
        this.#said.add(line);
      }
    };
    once(warningsOf(own, this.#knownRegions()), (line) => this.#logger.warn(line));
    once(sharedByChoice(own), (line) => this.#logger.debug(line));
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
      const given = slot.givenTo(instance);
      if (isDistributedCache(given) && !given.isClosed) {
        if (given !== cache && applications.own(given)) throw new InvalidOptionsError(hasAnother(instance));
        // What withTestCache() gave stays: a test has chosen it.
        continue;
      }
      slot.give(instance, cache);
    }
  }
}

function hasAnother(instance: object): string {
  const [method] = decoratedMethodsOf(instance);
  const where = method
    ? `${method.decorator} on ${classNameOf(instance)}.${String(method.name)}`
    : classNameOf(instance);
  return (
    `${where}: the application is given an instance that uses the cache of another application, which still runs, and it can only use one. ` +
    `Close the other application first (await app.close()), or make an instance for each.`
  );
}
