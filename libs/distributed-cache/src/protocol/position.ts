import { hash } from 'node:crypto';

/**
 * The place in the log up to which everything has been applied: the id of the newest applied entry, and the hash of all entries up to
 * it: `sha1(hash of the entry before + payload)`, in hexadecimal digits; before the first entry the hash is `''`. Two logs can hold the
 * same id; only the same history gives the same hash.
 *
 * @publicApi
 */
export interface Position {
  readonly id: string;
  readonly hash: string;
}

/** The position after `payload`, which the log holds as entry `id`, has been applied too. The log computes the same hash. @publicApi */
export function advance(previousHash: string, id: string, payload: string): Position {
  // In one call: an object for each would cost more than the hash.
  return { id, hash: hash('sha1', previousHash + payload, 'hex') };
}
