/** @internal */
export function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/**
 * Whether `value` is of the built-in class that its kind is known by, not of a subclass, whose methods may depend on more than the
 * content. Told by the number of prototypes, since a value of another realm (a Jest sandbox) has prototypes of its own.
 *
 * @internal
 */
export function isDirectly(value: object, prototypes: number): boolean {
  let count = 0;
  for (let proto = prototypeOf(value); proto !== null; proto = prototypeOf(proto)) count += 1;
  return count === prototypes;
}

/**
 * Whether the content of `value` is its own enumerable properties: a plain object, or an instance whose prototypes hold nothing but
 * their constructors.
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
