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
  const region = `${classNameOf(prototype)}.${String(name)}`;
  return declarerOf(prototype, name) === target ? region : `${region}(${classNameOf(target)})`;
}

function declarerOf(prototype: object, name: string | symbol): object | undefined {
  for (const candidate of prototypesFrom(prototype)) {
    if (Object.hasOwn(candidate, name)) return candidate;
  }
  return undefined;
}
