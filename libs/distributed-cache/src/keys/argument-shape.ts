/*
 * What the content of an argument is, judged by its prototypes. A value of another realm (for example of a Jest sandbox) has other
 * prototypes than ours, so prototypes are counted and inspected, not compared.
 */

/** @internal */
export function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/**
 * Whether `value`, which is known to be of a built-in class, is of that class itself. An instance of a subclass may hold more than the
 * content of the built-in object.
 *
 * @param prototypes - how many prototypes an instance of the built-in class has
 *
 * @internal
 */
export function isDirectly(value: object, prototypes: number): boolean {
  let count = 0;
  for (let proto = prototypeOf(value); proto !== null; proto = prototypeOf(proto)) count += 1;
  return count === prototypes;
}

/**
 * Whether the content of `value` is just its own enumerable properties: it is a plain object, or an instance whose prototypes hold
 * nothing but their constructors (a DTO).
 *
 * @internal
 */
export function countsAsItsProperties(value: object): value is Readonly<Record<string, unknown>> {
  for (let proto = prototypeOf(value); proto !== null && proto !== Object.prototype; proto = prototypeOf(proto)) {
    if (isRootOfAnotherRealm(proto)) return true;
    const held = Reflect.ownKeys(proto);
    if (held.length > 1 || (held.length === 1 && held[0] !== 'constructor')) return false;
  }
  return true;
}

/** @internal */
export function nameOfClass(value: object): string {
  const constructor: unknown = prototypeOf(value)?.constructor;
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'an unnamed class';
}

function isRootOfAnotherRealm(proto: object): boolean {
  return prototypeOf(proto) === null && Object.hasOwn(proto, 'isPrototypeOf');
}

function prototypeOf(value: object): object | null {
  const proto: unknown = Object.getPrototypeOf(value);
  return typeof proto === 'object' || typeof proto === 'function' ? proto : null;
}
