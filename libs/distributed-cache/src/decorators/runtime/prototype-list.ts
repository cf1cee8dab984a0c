/**
 * Items that decorators record on a class. They are metadata of its prototype, not of the decorated functions: another decorator may
 * wrap a function and so hide what is recorded on it.
 *
 * @internal
 */
export class PrototypeList<T> {
  readonly #metadataKey: string;

  constructor(metadataKey: string) {
    this.#metadataKey = metadataKey;
  }

  add(prototype: object, item: T): void {
    Reflect.defineMetadata(this.#metadataKey, [...this.ownItems(prototype), item], prototype);
  }

  /** The items recorded on `prototype` itself. */
  ownItems(prototype: object): readonly T[] {
    // Metadata is untyped; `add` alone writes under this key.
    const items: readonly T[] | undefined = Reflect.getOwnMetadata(this.#metadataKey, prototype);
    return items ?? [];
  }

  /** The items recorded on `prototype` and on those it inherits from, nearest first. */
  allItems(prototype: object): T[] {
    return Array.from(prototypesFrom(prototype)).flatMap((each) => this.ownItems(each));
  }
}

/** The prototype of the class of an instance, also when that was made of another instance by `Object.create()`. @internal */
export function classPrototypeOf(instance: object): object {
  const [, ...prototypes] = prototypesFrom(instance);
  return prototypes.find((each) => Object.hasOwn(each, 'constructor')) ?? instance;
}

/** `prototype` and those it inherits from, nearest first. @internal */
export function* prototypesFrom(prototype: object): Generator<object, void> {
  for (let current: object | null = prototype; current; current = Reflect.getPrototypeOf(current)) yield current;
}
