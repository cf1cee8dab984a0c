import { boot } from './work/boot.mjs';
import { awaitedEvictions } from './work/evictions.mjs';
import { hits } from './work/hits.mjs';
import { http } from './work/http.mjs';
import { keys } from './work/keys.mjs';
import { memory } from './work/memory.mjs';
import { misses } from './work/misses.mjs';
import { propagation } from './work/propagation.mjs';
import { redisWork } from './work/redis-work.mjs';
import { stalls } from './work/stalls.mjs';
import { tags } from './work/tags.mjs';
import { throughput } from './work/throughput.mjs';

/**
 * What is measured, in this order. Each group runs in a process of its own.
 *
 * @type {Readonly<Record<string, (work: import('./run.mjs').Work) => Promise<import('./run.mjs').Measured>>>}
 */
export const GROUPS = {
  hits,
  keys,
  misses,
  memory,
  tags,
  stalls,
  evictions: awaitedEvictions,
  propagation,
  throughput,
  http,
  redis: redisWork,
  boot,
};
