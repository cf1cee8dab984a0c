/** What a soak has measured. Times are in ms, sizes in bytes. */
export interface SoakReport {
  minutes: number;
  instances: number;
  maxStaleness: number;
  propagation: Propagation;
  burst: Burst;
  samples: Sample[];
  intervals: Interval[];
  end: End;
}

/** From the call of `evict` in one process to the copy being gone in another, with nothing else going on. */
export interface Propagation {
  evictions: number;
  /** By all the other instances together. */
  heard: number;
  p50: number;
  p99: number;
  max: number;
}

export interface Burst {
  evictions: number;
  /** Until the promises of all the evictions had settled. */
  settled: number;
  /** Until the last instance had dropped the last copy. */
  dropped: number;
  evictionsPerSecond: number;
  /** Event-loop delay of the instance that evicts. */
  senderDelayP99: number;
  senderDelayMax: number;
  /** Event-loop delay of the instance that was delayed the most among the others. */
  delayP99: number;
  delayMax: number;
  /** Of each instance. */
  rss: number[];
  /** Copies that were not dropped. */
  left: number;
}

/** Every two seconds. */
export interface Sample {
  /** Of all instances together. */
  rss: number;
  redisMemory: number;
  logLength: number;
}

export interface Interval {
  seconds: number;
  reads: number;
  loads: number;
  /** By key and by tag. */
  evictions: number;
  puts: number;
  /** Reads of a version of which everybody had been told that it is over: within the time that an invalidation takes. */
  staleReads: number;
  /** Received by all instances together. */
  messages: number;
  /** Event-loop delay, median of the instances. */
  delayP50: number;
  delayP99: number;
  delayMax: number;
  /** Of all instances together, after a garbage collection. */
  rss: number;
  /** The same. */
  heapUsed: number;
  /** How many cores all instances together kept busy. */
  cores: number;
  redisMemory: number;
  logLength: number;
  /** How many instances are coherent. */
  coherent: number;
}

export interface End {
  held: number;
  lost: number;
  waiting: number;
  /** How many instances are coherent. */
  coherent: number;
  reads: number;
  errors: number;
  worstStaleness: number;
  violations: string[];
  /** Sums over the instances. */
  bridge: Record<string, number>;
}
