import { identityOf } from '../../decorators/runtime/cache-slot.js';
import { classNameOf } from '../../decorators/runtime/method-site.js';
import { type DecoratedClass, type DecoratedUse, placeOfUse, type Provision, whereIs } from './decorated-classes.js';
import { differenceOf, isOneFactory, nameOfToken } from './registrations-of-one-module.js';
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
    const { one, other, difference } = pair;
    const why = difference === undefined ? '' : `, whose registrations differ in ${difference}`;
    yield {
      owners: [use.owner],
      message:
        `${placeOfUse(use)}: the application has several instances of ${classNameOf(use.owner.prototype)}, ` +
        `from ${describe(one)} and from ${describe(other)}${why}, and they share the default region '${use.region}', so each would be given the ` +
        `values of the other. ${CURE}`,
    };
  }
}

/** Warns about a default region on a class with several instances that are mostly, but not surely, alike. @internal */
export function* warningsAboutSeveralInstances(uses: readonly DecoratedUse[]): Generator<string, void> {
  for (const use of firstOfEachClass(uses)) {
    const { provisions, prototype } = use.owner;
    const why = whySeveral(provisions);
    // A request-scoped class has a key of its own choice, or is refused.
    if (why === undefined || use.owner.isRequestScoped || configuredPair(provisions)) continue;
    yield (
      `${whereIs(use)}: ${classNameOf(prototype)} ${why}, so there are several instances, which share the default region '${use.region}'. ` +
      `That is right if their results depend on the arguments alone. Otherwise: ${CURE}`
    );
  }
}

/**
 * Warns about a region that several instances, each with state of its own, read with a key made of the arguments. Whoever names a region
 * has thought of who shares it, but may have forgotten the key.
 *
 * @internal
 */
export function* warningsAboutSharedRegions(uses: readonly DecoratedUse[]): Generator<string, void> {
  const said = new Set<DecoratedClass>();
  for (const use of uses) {
    const { kind, region, keyOfArguments } = use.operation;
    if (kind !== 'read' || typeof region === 'string' || !keyOfArguments || said.has(use.owner)) continue;
    const pair = configuredPair(use.owner.provisions);
    if (!pair) continue;
    said.add(use.owner);
    yield (
      `${whereIs(use)}: the application has several instances of ${classNameOf(use.owner.prototype)}, from ${describe(pair.one)} and from ` +
      `${describe(pair.other)}, which read the region '${region.named}' with a key made of the arguments, so each is given the values of the other. ` +
      `That is right if their results depend on the arguments alone. Otherwise give a key that contains what sets them apart: ` +
      `key(id) { return [this.tenant, id]; }.`
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
  const distinct = distinctProvisions(provisions);
  if (distinct.length < 2) return undefined;
  const modules = new Set(distinct.map(({ module }) => module.name));
  return modules.size > 1
    ? `is provided in several modules (${[...modules].join(', ')})`
    : 'is provided more than once';
}

/** Two provisions whose instances are known to differ in more than their identity. */
interface ConfiguredPair {
  readonly one: Provision;
  readonly other: Provision;
  /** In what the two registrations of their module differ; `undefined`: the provisions themselves differ. */
  readonly difference: string | undefined;
}

function configuredPair(provisions: readonly Provision[]): ConfiguredPair | undefined {
  const distinct = distinctProvisions(provisions);
  for (const [index, one] of distinct.entries()) {
    for (const other of distinct.slice(index + 1)) {
      if (!isOneSource(one, other)) return { one, other, difference: undefined };
      if (one.module.metatype !== other.module.metatype) continue;
      const difference = differenceOf(one.module, other.module);
      if (difference !== undefined) return { one, other, difference };
    }
  }
  return undefined;
}

/** Whether both make their instances in the same way: Nest from the class, or one factory that is listed twice. */
function isOneSource(one: Provision, other: Provision): boolean {
  if (!one.isForeign && !other.isForeign) return true;
  return one.isForeign && other.isForeign && isOneFactory(one.wrapper, other.wrapper);
}

/** Each provision that gives an instance which none before has given: another may be an alias of it, or give a proxy for it. */
function distinctProvisions(provisions: readonly Provision[]): Provision[] {
  const known = new Set<object>();
  const wrappers = new Set<Provision['wrapper']>();
  return provisions.filter(({ wrapper, instances }) => {
    const fresh = instances.map(identityOf).filter((instance) => !known.has(instance));
    for (const instance of fresh) known.add(instance);
    if (fresh.length === 0 || wrappers.has(wrapper)) return false;
    wrappers.add(wrapper);
    return true;
  });
}

function describe({ wrapper, module, isForeign }: Provision): string {
  const how = isForeign ? (wrapper.inject ? 'useFactory' : 'useValue') : 'its class';
  return `${nameOfToken(wrapper.token)} (by ${how}, in ${module.name})`;
}
