/** `prototype` and those it inherits from, nearest first. @internal */
export function* prototypesFrom(prototype: object): Generator<object, void> {
  for (let current: object | null = prototype; current; current = Reflect.getPrototypeOf(current)) yield current;
}

/** @internal */
export function classNameOf(prototype: object): string {
  return prototype.constructor.name;
}
