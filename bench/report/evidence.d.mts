import type { Row } from '../run.mjs';

/** docs/evidence/speed.json: one run for each major version of Node. */
export type SpeedEvidence = Record<string, Run>;

export interface Run {
  date: string;
  machine: { cpu: string; cores: number; memory: string; system: string };
  versions: Record<string, string>;
  rows: Record<string, Row>;
  series: {
    hits: Record<'decorated' | 'lruConcatenated' | 'layeredLoader' | 'dedupe' | 'manager' | 'bento' | 'nest', number>;
    throughput: {
      batches: { batch: number; keysPerSecond: Spread }[];
      peers: { name: string; keysPerSecond: Spread }[];
    };
    propagation: { load: number; ours: Percentiles; theirs: Percentiles }[];
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

/** µs */
interface Percentiles {
  p50: number;
  p99: number;
}
