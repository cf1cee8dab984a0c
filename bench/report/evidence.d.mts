import type { Row } from '../run.mjs';

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
  };
}

export interface RedisWork {
  instances: number;
  sync: { perSecond: number; microseconds: number; bytes: number };
  eviction: { messages: number; cpuMicroseconds: number; bytes: number };
}

interface Spread {
  median: number;
  low: number;
  high: number;
}
