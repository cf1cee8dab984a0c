/** What `npm run sizing` has measured. */
export interface SizingReport {
  /** The server and its version. */
  readonly redis: string;
  readonly log: readonly LogRow[];
  readonly members: MembersRow;
}

/** The log of a namespace whose instances evict so many keys a message. */
export interface LogRow {
  readonly keys: number;
  readonly entries: number;
  /** Memory of the log in Redis, for each entry. */
  readonly bytes: number;
}

export interface MembersRow {
  readonly instances: number;
  /** Memory of the list of members in Redis, for each instance. */
  readonly bytes: number;
}
