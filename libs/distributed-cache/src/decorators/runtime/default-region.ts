import { classNameOf } from './method-site.js';
import { prototypesFrom } from './prototype-list.js';

/**
 * The region of a decorated method whose attributes name none: `<class of the instance>.<method>`. The class is that of the instance, so
 * that two subclasses of a generic base never share entries.
 *
 * An overridden method that is reached by `super` adds the class that declares it. Example: `SpecialOffers` extends `Offers`, and both
 * cache `find`. On an instance of `SpecialOffers`, its own `find` uses the region `'SpecialOffers.find'`, and `super.find()` uses
 * `'SpecialOffers.find(Offers)'`.
 *
 * @param prototype - the prototype of the instance
 * @param target - the prototype of the class that declares the decorated method
 *
 * @internal
 */
export function defaultRegion(prototype: object, target: object, name: string | symbol): string {
  const [instanceClass, declaringClass] = classesInDefaultRegion(prototype, target, name).map(classNameOf);
  const region = `${instanceClass}.${String(name)}`;
  return declaringClass === undefined ? region : `${region}(${declaringClass})`;
}

/** The classes, by their prototypes, whose names are in the default region: that of the instance, and the declaring one if it is overridden. @internal */
export function classesInDefaultRegion(
  prototype: object,
  target: object,
  name: string | symbol,
): [object] | [object, object] {
  return declarerOf(prototype, name) === target ? [prototype] : [prototype, target];
}

function declarerOf(prototype: object, name: string | symbol): object | undefined {
  for (const candidate of prototypesFrom(prototype)) {
    if (Object.hasOwn(candidate, name)) return candidate;
  }
  return undefined;
}
