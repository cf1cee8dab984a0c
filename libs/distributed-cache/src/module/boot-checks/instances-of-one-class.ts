import type { InjectionToken } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { classNameOf } from '../../decorators/runtime/method-site.js';
import { type DecoratedClass, type DecoratedUse, type Module, type Provision, whereIs } from './decorated-classes.js';
import type { Refusal } from './refusal.js';

const CURE =
  'Give the decorator a region, and a key that contains what sets the instances apart: key(id) { return [this.tenant, id]; }. ' +
  'Or make a class for each: class Archive extends Shop {}.';

/**
 * Refuses a default region on a class of which the application makes several instances, each with state of its own: they share the
 * region, so one would be given the values of another.
 *
 * @internal
 */
export function* severalConfigured(uses: readonly DecoratedUse[]): Generator<Refusal, void> {
  for (const use of firstOfEachClass(uses)) {
    const pair = configuredPair(use.owner.provisions);
    if (!pair) continue;
    const [one, other] = pair;
    yield {
      owners: [use.owner],
      message:
        `${use.method.decorator} on ${whereIs(use)}: the application has several instances of ${classNameOf(use.owner.prototype)}, ` +
        `from ${describe(one)} and from ${describe(other)}, and they share the default region '${use.region}', so each would be given the ` +
        `values of the other. ${CURE}`,
    };
  }
}

/** Warns about a default region on a class with several instances that are mostly, but not surely, alike. @internal */
export function* warningsAboutSeveralInstances(uses: readonly DecoratedUse[]): Generator<string, void> {
  for (const use of firstOfEachClass(uses)) {
    const { provisions, prototype } = use.owner;
    const why = whySeveral(provisions);
    if (why === undefined || configuredPair(provisions)) continue;
    yield (
      `${whereIs(use)}: ${classNameOf(prototype)} ${why}, so there are several instances, which share the default region '${use.region}'. ` +
      `That is right if their results depend on the arguments alone. Otherwise: ${CURE}`
    );
  }
}

/**
 * Warns about an instance that Nest does not list, since `moduleRef.create()` or `new` has made it, beside another one of its class.
 *
 * @param uses - of its class
 *
 * @internal
 */
export function* warningsAboutAnother(uses: readonly DecoratedUse[]): Generator<string, void> {
  for (const use of firstOfEachClass(uses)) {
    yield (
      `${whereIs(use)} was called on a further instance of ${classNameOf(use.owner.prototype)}, made by moduleRef.create() or new, and all of them ` +
      `share the default region '${use.region}'. That is right if their results depend on the arguments alone. Otherwise: ${CURE}`
    );
  }
}

/** The first read of each class that has a default region stands for all. */
function firstOfEachClass(uses: readonly DecoratedUse[]): Iterable<DecoratedUse> {
  const first = new Map<DecoratedClass, DecoratedUse>();
  for (const use of uses) {
    if (use.operation.kind === 'read' && use.operation.region === 'default' && !first.has(use.owner))
      first.set(use.owner, use);
  }
  return first.values();
}

function whySeveral(provisions: readonly Provision[]): string | undefined {
  if (provisions.some(({ wrapper }) => wrapper.isTransient)) return 'is transient';
  const distinct = distinctInstances(provisions);
  if (distinct.length < 2) return undefined;
  const modules = new Set(distinct.map(({ module }) => module.name));
  return modules.size > 1
    ? `is provided in several modules (${[...modules].join(', ')})`
    : 'is provided more than once';
}

/** Two provisions whose instances are known to differ in more than their identity. */
function configuredPair(provisions: readonly Provision[]): readonly [Provision, Provision] | undefined {
  const distinct = distinctInstances(provisions);
  const foreign = distinct.find(({ isForeign }) => isForeign);
  if (foreign) {
    const other = distinct.find(({ wrapper }) => wrapper !== foreign.wrapper);
    return other && [foreign, other];
  }
  for (const [index, one] of distinct.entries()) {
    const other = distinct
      .slice(index + 1)
      .find(({ module }) => module.metatype === one.module.metatype && differenceOf(one.module, module) !== undefined);
    if (other) return [one, other];
  }
  return undefined;
}

/** One provision for each instance; several instances of one factory count as one each. */
function distinctInstances(provisions: readonly Provision[]): Provision[] {
  const byInstance = new Map<object, Provision>();
  for (const provision of provisions)
    for (const instance of provision.instances)
      if (!byInstance.has(instance)) byInstance.set(instance, { ...provision, instances: [instance] });
  return [...byInstance.values()];
}

/**
 * The token of a provider in which two registrations of one dynamic module differ; `undefined`: they are alike.
 *
 * What a factory makes is compared as well, and anything that cannot be compared by its content counts as different.
 */
function differenceOf(one: Module, other: Module): InjectionToken | undefined {
  if (one === other) return undefined;
  const tokens = new Set([...one.providers.keys(), ...other.providers.keys()]);
  for (const token of tokens) {
    const [mine, its] = [one.providers.get(token), other.providers.get(token)];
    if (!mine || !its) return token;
    if (mine.isNotMetatype && !mine.isAlias && !isDeepStrictEqual(mine.instance, its.instance)) return token;
  }
  return undefined;
}

function describe({ wrapper, module, isForeign }: Provision): string {
  const how = isForeign ? (wrapper.inject ? 'useFactory' : 'useValue') : 'its class';
  return `${nameOfToken(wrapper.token)} (by ${how}, in ${module.name})`;
}

function nameOfToken(token: InjectionToken): string {
  return typeof token === 'function' ? token.name : `'${String(token)}'`;
}
