import { unsafeCast } from '../common/unsafe-cast.js';
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
    return kindOf(unsafeCast(value));
  } catch {
    // A getter of the application has thrown, which none of these kinds does.
    return undefined;
  }
}

/** By what it can do, not by its class: that may come from another realm, or from a library that is not loaded here. */
interface Candidate {
  readonly pipe?: unknown;
  readonly on?: unknown;
  readonly getStream?: unknown;
  readonly getHeaders?: unknown;
  readonly locked?: unknown;
  readonly getReader?: unknown;
  readonly getWriter?: unknown;
  readonly readable?: unknown;
  readonly writable?: unknown;
  readonly bodyUsed?: unknown;
  readonly subscribe?: unknown;
  readonly '@@observable'?: unknown;
  readonly next?: unknown;
  readonly [Symbol.iterator]?: unknown;
  readonly [Symbol.asyncIterator]?: unknown;
}

/** Written out, since every load comes this way: most values have none of these members. */
function kindOf(value: Candidate): string | undefined {
  const isPiped = typeof value.pipe === 'function';
  if (isPiped && typeof value.on === 'function') return 'a stream';
  if (typeof value.getStream === 'function' && typeof value.getHeaders === 'function') return 'a StreamableFile';
  if (
    typeof value.locked === 'boolean' &&
    (typeof value.getReader === 'function' || typeof value.getWriter === 'function')
  )
    return 'a web stream';
  if (typeof value.readable === 'object' && typeof value.writable === 'object') return webStreamsOf(value);
  if (typeof value.bodyUsed === 'boolean') return 'a Response or Request of fetch';
  if (typeof value.subscribe === 'function' && (isPiped || value['@@observable'] !== undefined)) return 'an Observable';
  const isAsync = value[Symbol.asyncIterator] !== undefined;
  if (typeof value.next === 'function' && (isAsync || value[Symbol.iterator] !== undefined))
    return 'an iterator or generator';
  return isAsync ? 'an asynchronous iterable, such as a cursor' : undefined;
}

/** A TransformStream, or another pair of web streams. */
function webStreamsOf({ readable }: Candidate): string | undefined {
  return uncacheableKind(readable) === 'a web stream' ? 'a web stream' : undefined;
}
