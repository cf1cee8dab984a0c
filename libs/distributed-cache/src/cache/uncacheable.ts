import { InvalidOptionsError } from '../errors.js';

/**
 * Refuses what can be read only once, or is no value: a second reader would get nothing, or wait for ever. Only the value itself is
 * looked at, not what it contains.
 *
 * @param where - `Class.method` or the region, for the error
 * @throws {InvalidOptionsError} naming the place, the kind and what to do
 *
 * @internal
 */
export function refuseUncacheable(value: unknown, where: string): void {
  const kind = uncacheableKind(value);
  if (kind === undefined) return;
  throw new InvalidOptionsError(
    `${where}: the result is ${kind}, which cannot be cached: it ${kind === 'an Observable' ? 'is no value' : 'can be read only once'}, so a second reader ` +
      `would not get what the first one got. Return what it holds (await it, collect it into a Buffer or a list), or do not cache it: leave out the ` +
      `decorator, or turn it down with unless or context.skip().`,
  );
}

/** What `value` is, if it can be read only once or is no value, with its article; else `undefined`. @internal */
export function uncacheableKind(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return KINDS.find(([, is]) => is(value))?.[0];
  } catch {
    // A getter of the application has thrown, which none of these kinds does.
    return undefined;
  }
}

/** By what they can do, not by their classes: those may come from another realm, or from a library that is not loaded here. */
const KINDS: readonly (readonly [kind: string, is: (value: object) => boolean])[] = [
  ['a StreamableFile', (value) => can(value, 'getStream', 'getHeaders')],
  ['a stream', (value) => can(value, 'pipe', 'on')],
  ['a web stream', (value) => can(value, 'getReader') || can(value, 'getWriter') || isTransformStream(value)],
  ['a Response or Request of fetch', (value) => 'bodyUsed' in value && can(value, 'arrayBuffer')],
  ['an Observable', (value) => can(value, 'subscribe') && (can(value, 'pipe') || '@@observable' in value)],
  [
    'an iterator or generator',
    (value) => can(value, 'next') && (Symbol.iterator in value || Symbol.asyncIterator in value),
  ],
  ['an asynchronous iterable, such as a cursor', (value) => Symbol.asyncIterator in value],
];

function can(value: object, ...methods: readonly string[]): boolean {
  return methods.every((method) => typeof Reflect.get(value, method) === 'function');
}

function isTransformStream(value: object): boolean {
  if (!('readable' in value && 'writable' in value)) return false;
  const { readable, writable } = value;
  return (
    typeof readable === 'object' && readable !== null && can(readable, 'getReader') && typeof writable === 'object'
  );
}
