import type { InjectionToken } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { prototypesFrom } from '../../decorators/runtime/prototype-list.js';
import { isForeign, type Module, type Wrapper } from './decorated-classes.js';

/** Tokens of Nest that are random, or hold something random, in each registration of a dynamic module. */
const RANDOM_TOKEN = /^APP_[A-Z]+ \(UUID: |_MODULE_ID$/;

/** A private member in the source of a class, also as TypeScript writes it for older targets: what it holds cannot be compared. */
const PRIVATE_MEMBER = /\.#\w|__classPrivateField/;

/**
 * In what two registrations of one dynamic module differ, for people: a provider, or an imported module. `undefined`: they are alike.
 *
 * What cannot be compared counts as different: then the application has to say what is shared.
 *
 * @internal
 */
export function differenceOf(
  one: Module,
  other: Module,
  compared: ReadonlySet<Module> = new Set(),
): string | undefined {
  if (one === other || compared.has(one)) return undefined;
  for (const token of new Set([...one.providers.keys(), ...other.providers.keys()])) {
    if (typeof token === 'string' && RANDOM_TOKEN.test(token)) continue;
    const [mine, its] = [one.providers.get(token), other.providers.get(token)];
    if (!mine || !its || !isOneProvider(mine, its)) return nameOfToken(token);
  }
  const imports = [...other.imports];
  for (const mine of one.imports) {
    if (other.imports.has(mine)) continue;
    const its = imports.find(({ metatype }) => metatype === mine.metatype);
    const difference = its && differenceOf(mine, its, new Set([...compared, one]));
    if (!its || difference !== undefined) return `${difference ?? 'its imports'} of ${mine.name}`;
  }
  return undefined;
}

/** Whether both have the same factory: one provider, listed in two modules. @internal */
export function isOneFactory(one: Wrapper, other: Wrapper): boolean {
  return typeof one.metatype === 'function' && one.metatype === other.metatype;
}

/** @internal */
export function nameOfToken(token: InjectionToken): string {
  return typeof token === 'function' ? token.name : `'${String(token)}'`;
}

function isOneProvider(one: Wrapper, other: Wrapper): boolean {
  if (one.isAlias || other.isAlias) return one.isAlias && other.isAlias && one.inject?.[0] === other.inject?.[0];
  if (isOneFactory(one, other)) return true;
  return isForeign(one) && isForeign(other) && isAlike(one.instance, other.instance);
}

/** Whether two values have the same content, as far as that can be seen from outside. */
function isAlike(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one === 'function' && typeof other === 'function') return String(one) === String(other);
  try {
    return !hasPrivateMembers(one) && isDeepStrictEqual(one, other);
  } catch {
    // A getter has thrown.
    return false;
  }
}

function hasPrivateMembers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Array.from(prototypesFrom(value)).some(({ constructor }) => {
    return typeof constructor === 'function' && PRIVATE_MEMBER.test(Function.prototype.toString.call(constructor));
  });
}
