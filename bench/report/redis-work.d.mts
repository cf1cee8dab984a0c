export interface RedisWork {
  instances: number;
  sync: { perSecond: number; microseconds: number; bytes: number };
  eviction: { messages: number; cpuMicroseconds: number; bytes: number };
}
