import type { LoadPolicy } from '../../cache/policies/load-policies.js';

/** `Cache-Control` knows no "for ever", and RFC 9111 1.2.2 wants at most this. A year is what everybody sends. */
const LONGEST = 31_536_000;

/** The `Cache-Control` of an answer for which neither the options nor the application give one. @internal */
export class DefaultControl {
  readonly #ofPolicies: string;

  constructor({ staleWhileRevalidate, staleIfError }: Pick<LoadPolicy, 'staleWhileRevalidate' | 'staleIfError'>) {
    const whileRevalidate =
      staleWhileRevalidate >= 1_000 ? `, stale-while-revalidate=${seconds(staleWhileRevalidate)}` : '';
    const ifError = staleIfError >= 1_000 ? `, stale-if-error=${seconds(staleIfError)}` : '';
    this.#ofPolicies = whileRevalidate + ifError;
  }

  /** @param rest - for how long the response is fresh, in ms; `undefined`: it is not kept, so an eviction may have overtaken it */
  text(hasScope: boolean, rest: number | undefined): string {
    const sharing = hasScope ? 'private' : 'public';
    if (rest === undefined) return `${sharing}, no-cache`;
    return `${sharing}, max-age=${Math.min(LONGEST, seconds(Math.max(0, rest)))}${this.#ofPolicies}`;
  }
}

function seconds(time: number): number {
  return Math.floor(time / 1_000);
}
