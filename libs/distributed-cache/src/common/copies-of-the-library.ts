/**
 * The version of everything that two copies of this library in one process share: the brand of a cache, the metadata of decorators, and
 * what is {@link processWide}. Raised with every change of one of them, so that copies which do not understand each other know it.
 *
 * @internal
 */
export const SHARED_VERSION = 1;

/**
 * Where this copy of the library lies, for errors: a process can load several, from a monorepo or into the registries of Jest.
 *
 * Read from a stack, since ES modules and CommonJS have no other way in common.
 *
 * @internal
 */
export const OWN_LOCATION = locationIn(new Error('here').stack ?? '');

/** Something that exists once in the process, however many copies of the library there are. @param make - makes it on first use @internal */
export function processWide<T extends object>(name: string, make: () => T): T {
  const symbol = Symbol.for(`nestjs-distributed-cache:${name}`);
  // Only this function writes there.
  const known: T | undefined = Reflect.get(globalThis, symbol);
  if (known) return known;
  const made = make();
  Object.defineProperty(globalThis, symbol, { value: made });
  return made;
}

function locationIn(stack: string): string {
  const frame = stack.split('\n').find((line) => line.includes('/') || line.includes('\\'));
  const place = /\(?((?:file:\/\/)?[^\s()]*[\\/][^()]*?)(?::\d+)*\)?$/.exec(frame?.trim() ?? '');
  return place?.[1] ?? 'an unknown place';
}
