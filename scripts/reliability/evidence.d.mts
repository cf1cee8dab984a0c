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
  servers: ServersReport;
}

export interface CoherenceReport {
  /** The version of Node.js. */
  node: string;
  simulated: WorldReport;
  /** The histories in which every hit is audited. */
  audited?: WorldReport;
  /** The histories in which observers ask all the time. */
  observed?: WorldReport;
  /** With the version of Redis. */
  real: WorldReport & { redis: string };
  teeth: ToothReport[];
}

/** `seconds`: how long the run took. */
export type FuzzReport = FuzzFigures & { seconds: number };

export type SoakEvidence = SoakReport & { passed: boolean };

export interface ServersReport {
  /** The version of Node.js. */
  readonly node: string;
  readonly servers: readonly ServerEvidence[];
}

/** The tests on one server. */
export interface ServerEvidence {
  /** Name and version, as it says itself. */
  readonly server: string;
  /** Where it comes from. */
  readonly source: string;
  readonly passed: number;
  /** The titles of the tests that failed, with the reasons. */
  readonly failed: readonly string[];
  readonly seconds: number;
  readonly faults: readonly FaultEvidence[];
}
