/** What `npm run loading` has measured. Times are in ms, memory in bytes. */
export interface LoadingReport {
  node: string;
  redis: string;
  readers: ReadersReport;
  refreshes: RefreshesReport;
  sourceDown: SourceDownReport[];
  memory: MemoryReport;
  hit: HitReport;
}

export interface ReadersReport {
  readers: number;
  /** How long the source takes. */
  sourceTakes: number;
  rounds: number;
  rows: ReadersRow[];
}

/** What readers of one key cost that come at the same time. */
export interface ReadersRow {
  /** The policies, and what is the matter with the source. */
  name: string;
  /** Loads that a reader waits for, or that readers have caused, at most in one round. */
  loads: number;
  /** Those that no reader waits for, at most in one round; they are among `loads`. */
  background: number;
  /** What the readers were given, in all rounds together. */
  fresh: number;
  stale: number;
  errors: number;
  /** For how long the stalest value that was handed out had been expired. */
  stalest: number;
  /** The time that a reader waited: the median of the rounds. */
  p50: number;
  longest: number;
}

/** An eviction of a hot key on one of three instances, again and again. */
export interface RefreshesReport {
  instances: number;
  rounds: number;
  within: number;
  sourceTakes: number;
  /** In how many rounds the next read was a hit, for each of the other instances. */
  hits: number[];
  /** The most loads of one instance in one round. */
  mostLoads: number;
  /** From the eviction to the start of the load, over all rounds and instances. */
  start: { earliest: number; p10: number; median: number; p90: number; latest: number };
  /** From the first start of a round to the last: the median of the rounds. */
  spread: number;
  /** Reads that were given a value that was older than the eviction before it. */
  untrue: number;
}

/** A source that is down, and readers of keys that have expired. */
export interface SourceDownReport {
  name: string;
  seconds: number;
  keys: number;
  retryAfter: number;
  reads: number;
  errors: number;
  /** How long the source takes to fail. */
  failsAfter: number;
  p50: number;
  p99: number;
  longest: number;
  tries: number;
  /** The most tries of one key of one instance in any time of `retryAfter`. */
  mostTries: number;
}

export interface MemoryReport {
  entries: number;
  rows: MemoryRow[];
}

export interface MemoryRow {
  name: string;
  /** Of an entry that `@Cacheable` has loaded. */
  decorated: number;
  /** Of an entry that `getOrLoad` has loaded with an arrow function of its own. */
  closure: number;
}

/** A hit with `refreshAhead` ÷ a hit without policies, in pairs. */
export interface HitReport {
  pairs: number;
  none: number;
  refreshAhead: number;
  ratio: number;
}
