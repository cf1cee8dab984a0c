/** Replaces methods of a class; the returned function puts the original ones back. */
export function replaced<T extends object>(prototype: T, methods: Partial<T> & ThisType<T>): () => void {
  const originals = Object.getOwnPropertyDescriptors(prototype);
  for (const name of Object.keys(methods))
    Object.defineProperty(prototype, name, { configurable: true, writable: true, value: Reflect.get(methods, name) });
  return () => {
    for (const name of Object.keys(methods)) {
      const original = Reflect.get(originals, name);
      if (original) Object.defineProperty(prototype, name, original);
    }
  };
}

/**
 * Replaces the answer of a getter; the returned function puts the original one back.
 *
 * @param answer - gives the answer for one instance; `original` asks the getter that was replaced
 */
export function answering<T extends object, K extends keyof T & string>(
  prototype: T,
  name: K,
  answer: (target: T, original: () => T[K]) => T[K],
): () => void {
  const original = Object.getOwnPropertyDescriptor(prototype, name);
  if (!original) throw new Error(`There is no ${name} to replace.`);
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: T): T[K] {
      return answer(this, () => original.get?.call(this));
    },
  });
  return () => void Object.defineProperty(prototype, name, original);
}

/** Calls `callback` while something is replaced. @param replace - replaces it, and returns what puts it back */
export function during<R>(replace: () => () => void, callback: () => R): R {
  const restore = replace();
  try {
    return callback();
  } finally {
    restore();
  }
}

/** Replaces several things; the returned function puts all of them back. */
export function all(...restore: readonly (() => void)[]): () => void {
  return () => restore.forEach((restoreOne) => restoreOne());
}
