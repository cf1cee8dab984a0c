import { classNameOf } from './method-site.js';
import { prototypesFrom } from './prototype-list.js';

/**
 * The region of a decorated method that names none: `<class of the instance>.<method>`, so that two subclasses of one generic base
 * never share entries. A method that was overridden and is reached by `super` adds the class that declares it.
 *
 * @param prototype - of the instance
 * @param target - the prototype on which the method was decorated
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
