import type { SoakReport } from '../soak/report.mjs';

/** What the files of docs/evidence hold. Times are in ms, sizes in bytes. */
export interface Evidence {
  faults: FaultRow[];
  coherence: CoherenceReport;
  soak: SoakEvidence;
  fuzz: FuzzReport;
}

export interface FaultRow {
  fault: string;
  done: string;
  instances: number;
  reads: number;
  evictions: number;
  worstStaleness: number;
  bound: number;
  longestEvict: number;
  longestRead: number;
  recoveredIn: number;
  bridge: { flushes: number; replayed: number; missed: number; reconnects: number };
  outcome: string;
  measured?: Record<string, number>;
}

export interface CoherenceReport {
  simulated: HistoryReport;
  real: HistoryReport;
  teeth: { mechanism: string; found?: number; seed?: number; promise?: string }[];
}

export interface HistoryReport {
  schedules: number;
  firstSeed: number;
  seconds: number;
  maxStaleness: number;
  faults: Record<string, number>;
  broken: number;
  figures: {
    reads: number;
    loads: number;
    commits: number;
    evictions: number;
    stored: number;
    everywhere: number;
    longestWait: number;
    worstStaleness: number;
  };
}

export interface FuzzReport {
  messages: number;
  seed: number;
  seconds: number;
  understood: number;
  refused: number;
  connectionStrings: number;
  connectionStringsRefused: number;
  heap: { early: number; late: number };
  failures: unknown[];
}

export type SoakEvidence = SoakReport & { passed: boolean };
