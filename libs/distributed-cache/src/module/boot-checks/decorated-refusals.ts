import { classNameOf, label } from '../../decorators/runtime/method-site.js';
import { classesInDefaultRegion } from '../../decorators/runtime/default-region.js';
import { type Transport, transportOf } from '../../decorators/runtime/handler-arguments.js';
import { type DecoratedUse, placeOfUse, whereIs } from './decorated-classes.js';
import { requestBoundParameter, unclearArguments } from './decorated-request-parameters.js';
import { severalConfigured } from './instances-of-one-class.js';
import type { Refusal } from './refusal.js';

/** Names that `mixin()` of Nest gives to classes: random, and others in each process. */
const NAME_OF_MIXIN = /^[0-9a-z]{21}$/;

/** A key of a handler that takes what belongs to one request. */
const EXAMPLE_KEYS: Readonly<Record<Transport, string>> = {
  http: `key: (request) => [request.params.id, request.headers['accept-language']]`,
  graphql: 'key: (parent, args, context) => [args.id, context.user.id]. Or take the arguments alone, with @Args()',
  microservices: 'key: (payload) => payload.id. Or take the payload alone, with @Payload()',
  websockets: 'key: (client, payload) => payload.id. Or take the payload alone, with @MessageBody()',
};

/**
 * Everything for which one result could be taken for another: shared regions, instances with state of their own, arguments that belong to
 * one request. Checked per application, since a process may contain several.
 *
 * @param uses - of one cache
 *
 * @internal
 */
export function* refusalsOf(uses: readonly DecoratedUse[]): Generator<Refusal, void> {
  yield* unstableDefaultRegions(uses);
  yield* sharedDefaultRegions(uses);
  yield* sharedExplicitRegions(uses);
  yield* severalConfigured(uses);
  yield* leaksBetweenRequests(uses);
  yield* unclearKeys(uses);
}

/** A default region is made of class names. One that is random, or empty, does not tell the methods apart in every instance. */
function* unstableDefaultRegions(uses: readonly DecoratedUse[]): Generator<Refusal, void> {
  for (const use of uses) {
    if (use.operation.region !== 'default') continue;
    const { prototype } = use.owner;
    for (const each of classesInDefaultRegion(prototype, use.method.target, use.method.name)) {
      const name = classNameOf(each);
      const problem =
        name === ''
          ? 'the class has no name'
          : NAME_OF_MIXIN.test(name)
            ? `the class was made by mixin(), which names it at random ('${name}' in this process)`
            : undefined;
      if (problem === undefined) continue;
      yield {
        owners: [use.owner],
        message:
          `${placeOfUse(use)}: ${problem}, so a default region made of that name would not be the same in every instance, ` +
          `and no eviction would reach the others. Give the decorator a region, or extend the class by one with a name and provide that.`,
      };
    }
  }
}

/** Two methods with the same default region: of two classes with the same name, or named by symbols with the same description. */
function* sharedDefaultRegions(uses: readonly DecoratedUse[]): Generator<Refusal, void> {
  const owners = new Map<string, DecoratedUse>();
  for (const use of uses) {
    if (use.operation.region !== 'default' || use.region === undefined) continue;
    const known = owners.get(use.region);
    owners.set(use.region, use);
    if (!known || isSameMethod(known, use)) continue;
    const isOneClass = known.owner === use.owner && known.method.target === use.method.target;
    const who = isOneClass
      ? `two methods of ${classNameOf(use.owner.prototype)} are called ${String(use.method.name)} and`
      : `two classes named ${classNameOf(use.owner.prototype)}`;
    yield {
      owners: [known.owner, use.owner],
      message:
        `${placeOfUse(use)}: ${who} have the default region '${use.region}', ` +
        `so they would share entries. Rename one of them, or give one of the methods a region.`,
    };
  }
}

/** Two methods that read one region that they name, both with a key made of all arguments: `find('1')` would be given what `reviews('1')` gave. */
function* sharedExplicitRegions(uses: readonly DecoratedUse[]): Generator<Refusal, void> {
  const readers = new Map<string, DecoratedUse>();
  for (const use of uses) {
    const { kind, region, keyOfArguments } = use.operation;
    if (kind !== 'read' || typeof region === 'string' || !keyOfArguments) continue;
    const known = readers.get(region.named);
    readers.set(region.named, known ?? use);
    if (!known || isOneMethodOrOverride(known, use)) continue;
    yield {
      owners: [known.owner, use.owner],
      message:
        `${placeOfUse(use)}: ${whereIs(known)} reads the region '${region.named}' as well, and both have a key made of ` +
        `all arguments, so with the same arguments one would be given what the other has cached. Give one of them a region of its own, ` +
        `or a key that tells them apart: key: (id) => ['${String(use.method.name)}', id].${hintToShare(known, use)}`,
    };
  }
}

/** Single and bulk reads of one region are mostly meant to share its entries. */
function hintToShare(one: DecoratedUse, other: DecoratedUse): string {
  if (!one.operation.isPerId && !other.operation.isPerId) return '';
  return ` If both give the same value for one id, and are to share it, say so by a key: key: (id) => id.`;
}

/**
 * `@Cacheable` or `@CacheableMany` without `key` where the instance, or one of the arguments, belongs to one request. A key made of the arguments does not
 * contain the request, so a value that was loaded for one tenant would be served to the next.
 */
function* leaksBetweenRequests(uses: readonly DecoratedUse[]): Generator<Refusal, void> {
  for (const use of uses) {
    if (use.operation.kind !== 'read' || !use.operation.keyOfArguments) continue;
    const where = placeOfUse(use);
    const owners = [use.owner];
    if (use.owner.isRequestScoped) {
      yield {
        owners,
        message:
          `${where}: the class is request-scoped, itself or through a dependency, so the result may depend on more than the arguments, ` +
          `and one request would get a result that was loaded for another. Give key, made of everything that the result depends on: ` +
          `key(id) { return [this.tenant, id]; }`,
      };
      continue;
    }
    const parameter = requestBoundParameter(use.owner.prototype, use.method);
    if (parameter === undefined) continue;
    yield {
      owners,
      message:
        `${where}: it takes ${parameter}, which belongs to one request and cannot be part of a key. ` +
        `Give key, made of what the result depends on: ${exampleKey(use)}`,
    };
  }
}

function exampleKey({ owner, method, operation }: DecoratedUse): string {
  if (operation.isPerId) return `key: (id, request) => [id, request.headers['accept-language']]`;
  return EXAMPLE_KEYS[transportOf(owner.prototype, method.name)];
}

/** A key made of all arguments, on a handler that its transport calls with arguments of which it cannot be told whether it reads them. */
function* unclearKeys(uses: readonly DecoratedUse[]): Generator<Refusal, void> {
  for (const use of uses) {
    const raw = use.operation.keyOfArguments ? unclearArguments(use.owner.prototype, use.method) : undefined;
    if (!raw) continue;
    yield {
      owners: [use.owner],
      message:
        `${placeOfUse(use)}: none of its parameters is decorated, so it is called with ${raw.join(', ')}, and it cannot be told ` +
        `which of them its result depends on: it has a default value, a rest parameter or 'arguments', or another decorator has wrapped it. ` +
        `Decorate its parameters (@Args(), @Payload(), @MessageBody()), or give key, made of what the result depends on.`,
    };
  }
}

/**
 * Decorators that name a cache which no module registers.
 *
 * @param isRegistered - whether a cache with this name is registered; `undefined`: the unnamed cache
 *
 * @internal
 */
export function* unknownCaches(
  uses: readonly DecoratedUse[],
  isRegistered: (name: string | undefined) => boolean,
): Generator<Refusal, void> {
  for (const use of uses) {
    const { cache } = use.operation;
    if (isRegistered(cache)) continue;
    const options = cache === undefined ? '' : `{ name: '${cache}' }`;
    yield {
      owners: [use.owner],
      message:
        `${placeOfUse(use)} asks for ${cache === undefined ? 'the unnamed cache' : `the cache '${cache}'`}, which is not registered. ` +
        `Import DistributedCacheModule.forRoot(${options}) into the root module, or name a registered cache.`,
    };
  }
}

/** Regions that several methods read with keys of their own choice: whether those differ is the decision of the application. @internal */
export function* sharedByChoice(uses: readonly DecoratedUse[]): Generator<string, void> {
  const readers = new Map<string, Set<string>>();
  for (const use of uses) {
    const { kind, region } = use.operation;
    if (kind !== 'read' || typeof region === 'string') continue;
    const known = readers.get(region.named) ?? new Set();
    readers.set(region.named, known.add(label(use.method.target, use.method.name)));
  }
  for (const [region, methods] of readers) {
    if (methods.size < 2) continue;
    yield `Region '${region}' is read by ${[...methods].join(', ')}: their keys decide what they share.`;
  }
}

function isSameMethod(one: DecoratedUse, other: DecoratedUse): boolean {
  return (
    one.owner === other.owner && one.method.target === other.method.target && one.method.name === other.method.name
  );
}

/**
 * An override that calls the method it overrides may share its region: it says what the key means for both. So may a class and one that
 * extends it; two classes that inherit one method load different things by it.
 */
function isOneMethodOrOverride(one: DecoratedUse, other: DecoratedUse): boolean {
  if (one.method.name !== other.method.name) return false;
  const [mine, its] = [one.owner.prototype, other.owner.prototype];
  return mine === its || isPrototypeOf(mine, its) || isPrototypeOf(its, mine);
}

function isPrototypeOf(one: object, other: object): boolean {
  return Object.prototype.isPrototypeOf.call(one, other);
}
