import { prototypesFrom } from '../decorators/runtime/prototype-list.js';
import type { AnyHttpCacheOptions } from './http-cache.options.js';

/** What `@HttpCache` was given at one place; `false`: it is not to be cached. @internal */
export type GivenOptions = AnyHttpCacheOptions | false;

/** Metadata of the prototype, as other decorators may wrap the method. */
const GIVEN = 'nestjs-distributed-cache:http';

/** @param name - of the handler; `undefined`: the whole controller @internal */
export function recordGivenOptions(prototype: object, name: string | symbol | undefined, given: GivenOptions): void {
  if (name === undefined) Reflect.defineMetadata(GIVEN, given, prototype);
  else Reflect.defineMetadata(GIVEN, given, prototype, name);
}

/** The options of a handler and of its controller, also of those that they are inherited from. @internal */
export function givenOptionsOf(
  prototype: object,
  name: string | symbol,
): { readonly handler: GivenOptions | undefined; readonly controller: GivenOptions | undefined } {
  const controller: GivenOptions | undefined = Reflect.getMetadata(GIVEN, prototype);
  // An override has only the options that it is given itself.
  const declaring = Array.from(prototypesFrom(prototype)).find((each) => Object.hasOwn(each, name)) ?? prototype;
  const handler: GivenOptions | undefined = Reflect.getOwnMetadata(GIVEN, declaring, name);
  return { handler, controller };
}

/** All options that a class and its handlers have, by the name of the handler. @internal */
export function* allGivenOptionsOf(
  prototype: object,
): Generator<readonly [string | symbol | undefined, AnyHttpCacheOptions], void> {
  const ofController: GivenOptions | undefined = Reflect.getMetadata(GIVEN, prototype);
  if (ofController) yield [undefined, ofController];
  for (const each of prototypesFrom(prototype))
    for (const name of Reflect.ownKeys(each)) {
      const ofHandler: GivenOptions | undefined = Reflect.getOwnMetadata(GIVEN, each, name);
      if (ofHandler) yield [name, { ...(ofController || undefined), ...ofHandler }];
    }
}
