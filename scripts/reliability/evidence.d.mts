import type { ToothReport, WorldReport } from '../../test/coherence/check.js';
import type { FuzzReport as FuzzFigures } from '../../test/support/hostile/fuzz.js';
import type { FaultEvidence } from '../../test/support/lab/evidence.js';
import type { SoakReport } from '../soak/report.mjs';

/** The contents of the files in docs/evidence, except those of the bench. Times are in ms, sizes in bytes. */
export interface Evidence {
  faults: FaultEvidence[];
  coherence: CoherenceReport;
  soak: SoakEvidence;
  fuzz: FuzzReport;
}

export interface CoherenceReport {
  /** The version of Node.js. */
  node: string;
  simulated: WorldReport;
  /** With the version of Redis. */
  real: WorldReport & { redis: string };
  teeth: ToothReport[];
}

/** `seconds`: how long the run took. */
export type FuzzReport = FuzzFigures & { seconds: number };

export type SoakEvidence = SoakReport & { passed: boolean };
