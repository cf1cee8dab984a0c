/**
 * What is measured, in this order. Each group runs in a process of its own, which loads what it measures; the names are known without.
 *
 * @type {Readonly<Record<string, (work: import('./run.mjs').Work) => Promise<import('./run.mjs').Measured>>>}
 */
export const GROUPS = {
  hits: async (work) => (await import('./work/hits.mjs')).hits(work),
  keys: async (work) => (await import('./work/keys.mjs')).keys(work),
  misses: async (work) => (await import('./work/misses.mjs')).misses(work),
  memory: async (work) => (await import('./work/memory.mjs')).memory(work),
  'hit-ratio': async (work) => (await import('./work/hit-ratio.mjs')).hitRatio(work),
  tags: async (work) => (await import('./work/tags.mjs')).tags(work),
  stalls: async (work) => (await import('./work/stalls.mjs')).stalls(work),
  evictions: async (work) => (await import('./work/evictions.mjs')).awaitedEvictions(work),
  propagation: async (work) => (await import('./work/propagation.mjs')).propagation(work),
  throughput: async (work) => (await import('./work/throughput.mjs')).throughput(work),
  http: async (work) => (await import('./work/http.mjs')).http(work),
  responses: async (work) => (await import('./work/responses.mjs')).responses(work),
  redis: async (work) => (await import('./work/redis-work.mjs')).redisWork(work),
  boot: async (work) => (await import('./work/boot.mjs')).boot(work),
  growth: async (work) => (await import('./work/growth.mjs')).growth(work),
  earlier: async (work) => (await import('./work/earlier.mjs')).earlier(work),
  simulation: async (work) => (await import('./work/simulation.mjs')).simulation(work),
};
