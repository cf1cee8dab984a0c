import type { Row } from '../run.mjs';
import type { RedisWork } from './redis-work.mjs';

/** `docs/evidence/speed.json`: the recorded figures, by the major version of Node. */
export type SpeedEvidence = Record<string, Run>;

export interface Run {
  date: string;
  machine: { cpu: string; cores: number; memory: string; system: string };
  versions: Record<string, string>;
  rows: Record<string, Row>;
  /** The figures of charts that have no row. */
  series: {
    throughput: { batches: { batch: number; keysPerSecond: Spread }[] };
    redisWork: RedisWork[];
    hitRatio: HitRatio[];
    growth: GrowthCurve[];
    simulation: Simulated[];
    /** The commit of the build that the rows `earlier/` were measured against. */
    earlierBuild?: string;
  };
}

/** Shares are parts of the distinct keys, ratios are in %. */
export interface HitRatio {
  name: string;
  points: { share: number; ours: number; lru: number; optimum: number }[];
}

export interface GrowthCurve {
  /** The id of its row. */
  id: string;
  /** What there is more and more of. */
  by: string;
  unit: string;
  points: { size: number; cost: number }[];
  exponent: number;
}

interface Spread {
  median: number;
  low: number;
  high: number;
}

/** What so many instances cause together, in virtual time. */
export interface Simulated {
  instances: number;
  messagesPerEviction: number;
  bytesPerEviction: number;
  syncsPerSecond: number;
  bytesPerSync: number;
  loadsPerEviction: number;
  /** From when Redis is back, empty, until every instance is coherent. */
  recovery: { milliseconds: number; syncs: number; loads: number };
}
