import type { PutTarget } from '../../cache/distributed-cache.js';
import type { MethodSite } from './method-site.js';
import { heard, resultOnceDelivered } from '../../cache/delivered-result.js';
import { evictAfterFailure } from './failed-invocation.js';
import { evictAnyway, evictTogether, type EvictionPlan, type PlannedEviction } from './planned-eviction.js';
import type { PlannedPut, PutPlan } from './planned-put.js';
import type { Proceed } from './replace-method.js';

type Method = () => Promise<unknown>;

interface Planned<T> {
  target(result: unknown): T;
}

/** Runs a method with everything that is put and evicted after it, all of that together. @internal */
export function changingAfter(
  site: MethodSite,
  puts: readonly PutPlan[],
  evictions: readonly EvictionPlan[],
  proceed: Proceed,
): Proceed {
  return async (instance, args) => {
    const plannedPuts = puts.flatMap((plan) => plan(instance, args) ?? []);
    const plannedEvictions = evictions.flatMap((plan) => plan(instance, args) ?? []);
    const method: Method = async () => {
      try {
        return await proceed(instance, args);
      } catch (error) {
        await evictAfterFailure(site, plannedEvictions, error);
        throw error;
      }
    };
    const deliveries = new Deliveries();
    const result = await change(method, plannedPuts, plannedEvictions, deliveries);
    return resultOnceDelivered(result, deliveries.all);
  };
}

/** Evicts before a method runs, which then does not run when that is to be waited for and fails. @internal */
export function evictingBefore(evictions: readonly EvictionPlan[], proceed: Proceed): Proceed {
  return async (instance, args) => {
    const planned = evictions.flatMap((plan) => plan(instance, args) ?? []);
    await evictTogether(planned.map((eviction) => eviction.target(undefined)));
    return proceed(instance, args);
  };
}

async function change(
  method: Method,
  puts: readonly PlannedPut[],
  evictions: readonly PlannedEviction[],
  deliveries: Deliveries,
): Promise<unknown> {
  const caches = [...new Set(puts.map(({ cache }) => cache))];
  if (caches.length === 0) {
    const result = await method();
    decide(result, puts, evictions, deliveries);
    return result;
  }
  let targets: ReadonlyMap<Planned<PutTarget>, PutTarget> = new Map();
  const run = caches.reduce<Method>(
    (inner, cache, depth) => async () => {
      const { result, delivered } = await cache.runPut(inner, (value: unknown) => {
        // Here and not once the put is done, which is a later tick: its evictions would leave in another message.
        if (depth === 0) targets = decide(value, puts, evictions, deliveries);
        return puts.flatMap((put) => (put.cache === cache ? (targets.get(put) ?? []) : []));
      });
      deliveries.add(delivered);
      return result;
    },
    method,
  );
  return run();
}

/**
 * Evicts what is to be evicted after the method, and gives what is to be put. All callbacks are asked, also when one fails: the method
 * has changed something, and whatever the others are about has to go.
 */
function decide(
  result: unknown,
  puts: readonly PlannedPut[],
  evictions: readonly PlannedEviction[],
  deliveries: Deliveries,
): ReadonlyMap<Planned<PutTarget>, PutTarget> {
  const failures: unknown[] = [];
  const targets = askAll(puts, result, failures);
  deliveries.add(evictTogether([...askAll(evictions, result, failures).values()]));
  if (failures.length === 0) return targets;
  for (const { region, key } of targets.values()) evictAnyway(region, [key]);
  throw failures[0];
}

function askAll<T>(planned: readonly Planned<T>[], result: unknown, failures: unknown[]): ReadonlyMap<Planned<T>, T> {
  const targets = new Map<Planned<T>, T>();
  for (const plan of planned) {
    try {
      targets.set(plan, plan.target(result));
    } catch (error) {
      failures.push(error);
    }
  }
  return targets;
}

class Deliveries {
  readonly #pending: Promise<unknown>[] = [];

  add(delivery: Promise<unknown>): void {
    // When a later callback throws nobody comes to wait for it.
    this.#pending.push(heard(delivery));
  }

  get all(): Promise<unknown> {
    return Promise.all(this.#pending);
  }
}
