import type { HeaderValue } from '../request.js';
import { namesIn } from './stored-response.js';

/** A handler whose responses name more request headers than this selects by something that is no header. */
const MOST = 16;

/**
 * The request headers that select among the responses of one handler: those that the options name, and every one that a response has named in
 * `Vary`. They are part of the key of every request, so a response that names a new one has no key yet.
 *
 * @internal
 */
export class VaryNames {
  /** In lower case, in a fixed order. Replaced when it grows. */
  list: readonly string[];
  /** Those of the options, which every response names. */
  readonly ofOptions: readonly string[];

  constructor(names: readonly string[]) {
    this.ofOptions = [...new Set(names.map((name) => name.toLowerCase()))].toSorted();
    this.list = this.ofOptions;
  }

  /**
   * Takes in the names of a `Vary`.
   *
   * @returns why no response with it can be kept, in words; `undefined`: all of its names are part of the key now
   */
  add(vary: HeaderValue | undefined): string | undefined {
    if (vary === undefined) return undefined;
    const names = namesIn(vary);
    if (names.includes('*')) return 'Vary is *';
    if (names.every((name) => this.list.includes(name))) return undefined;
    const all = [...new Set([...this.list, ...names])];
    if (all.length > MOST) return `Vary has named more than ${MOST} headers`;
    this.list = all.toSorted();
    return undefined;
  }
}
