/** What `npm run outage` has seen. Times are in ms if they say nothing else. */
export interface OutageReport {
  node: string;
  redis: string;
  instances: number;
  /** Reads that each instance is sent in a second. */
  rate: number;
  /** In seconds. */
  phases: { before: number; outage: number; after: number };
  seconds: SecondReport[];
  /** Of hits, beside those of an instance whose Redis lives, at the same time. `ratio`: how much this has changed with the death of Redis. */
  p99: {
    ratio: number;
    before: { hits: number; control: number };
    outage: { hits: number; control: number };
  };
  reads: number;
  /** Requests that failed, or were answered with another status than 200. */
  errors: number;
  /** Answers of `/health` and `/health/live` with another status than 200. */
  failedProbes: number;
  /** Whether all instances served the last price of every product in the end. */
  agree: boolean;
  lines: LineReport[];
  /** `undefined`: there was no promtool to evaluate the rules. */
  alerts?: AlertsReport | undefined;
}

/** All instances together, in one second. */
export interface SecondReport {
  /** From the moment at which Redis was killed. */
  second: number;
  /** How many instances tell which health. */
  health: Record<string, number>;
  hits: number;
  loads: number;
  outbox: number;
  /** The oldest of all, in seconds. */
  outboxAge: number;
  /** The oldest of all, in seconds. */
  leaseAge: number;
  p99: number;
}

/** A line of the log with the context of the cache, since Redis was killed. */
export interface LineReport {
  level: string;
  text: string;
  /** How often the instance has logged it that has done so most often. */
  times: number;
  instances: number;
}

export interface AlertsReport {
  /** All that have fired at any time. */
  fired: string[];
  /** The seconds after the death of Redis at which something was firing, the first and the last. */
  from: number;
  to: number;
}
