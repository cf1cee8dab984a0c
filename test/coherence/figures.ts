/** What a history counts. */
export interface Figures {
  reads: number;
  /** Reads that were handed an expired value. */
  staleServed: number;
  loads: number;
  /** Those that no reader had asked for. */
  backgroundLoads: number;
  /** Loads that took longer than their readers wait. */
  timeouts: number;
  commits: number;
  /** Transactions that were committed, and that were rolled back. */
  committed: number;
  rolledBack: number;
  evictions: number;
  /** Invalidations that entered the log. */
  logged: number;
  stored: number;
  everywhere: number;
  /** The longest time that an eviction everywhere took, in ms. */
  longestWait: number;
  /** The longest time for which an invalidation had been in the log when a read began that still gave the old value, in ms. */
  worstStaleness: number;
  /** Changes that the application made and forgot to evict, on purpose. */
  forgotten: number;
  /** Values that audits reported. Of some, the eviction had only not reached the log yet. */
  reported: number;
  /** Those of them whose eviction was forgotten on purpose. */
  found: number;
  /** Answers that observers have received. */
  answers: number;
}

export function newFigures(): Figures {
  return {
    reads: 0,
    staleServed: 0,
    loads: 0,
    backgroundLoads: 0,
    timeouts: 0,
    commits: 0,
    committed: 0,
    rolledBack: 0,
    evictions: 0,
    logged: 0,
    stored: 0,
    everywhere: 0,
    longestWait: 0,
    worstStaleness: 0,
    forgotten: 0,
    reported: 0,
    found: 0,
    answers: 0,
  };
}

/** The figures of two histories together. */
export function sumOf(one: Figures, other: Figures): Figures {
  const sum = newFigures();
  for (const name of namesOf(sum))
    sum[name] = isLongest(name) ? Math.max(one[name], other[name]) : one[name] + other[name];
  return sum;
}

function isLongest(name: keyof Figures): boolean {
  return name === 'longestWait' || name === 'worstStaleness';
}

function namesOf(figures: Figures): (keyof Figures)[] {
  return Object.keys(figures).filter((name): name is keyof Figures => name in figures);
}
