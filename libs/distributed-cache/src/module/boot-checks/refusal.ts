import type { DecoratedClass } from './decorated-classes.js';

/** A mistake for which an application does not start, or for which the first call on an instance rejects when it came later. @internal */
export interface Refusal {
  /** Names the method, and what to do. */
  readonly message: string;
  /** The classes that it concerns. */
  readonly owners: readonly DecoratedClass[];
}
