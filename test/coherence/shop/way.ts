import type { Detour } from '../detours.js';
import type { Flight } from '../flights.js';
import type { SourceTransaction } from '../source-transaction.js';

/** How something is loaded or put. */
export interface Way {
  /** How long the loader takes, or the method of a put after its commit, in ms. */
  readonly takes?: number | undefined;
  /** Whether the entry has a tag for each of its rows: given with the call, told by the result, or given and then taken off by the result. */
  readonly tags?: 'given' | 'told' | 'taken off' | undefined;
  /** ms */
  readonly ttl?: number | undefined;
  /** Whether the loader throws at its end. */
  readonly fails?: boolean | undefined;
  /** Whether the loader says that the previous value is still correct, if it is. */
  readonly keeps?: boolean | undefined;
  /** The transaction in which it is read, loaded or put. */
  readonly within?: SourceTransaction | undefined;
  /** By what a loader reads through the cache; default: itself, in its own context. */
  readonly by?: Detour | undefined;
  /** Called by the loader just before it returns, with its load. */
  readonly atEnd?: ((flight: Flight | undefined) => void) | undefined;
  /** Called with each value whose tags the cache asks for. */
  readonly whenTagged?: (() => void) | undefined;
}

/** The error of a loader that is to fail. */
export class LoaderFailedError extends Error {}

/** The error of a transaction that is to be rolled back. */
export class RolledBackError extends Error {}
