import { Logger } from '@nestjs/common';
import { resultOnceDelivered, type PutEntry } from '../../cache/loading/put.js';
import { errorFrom } from '../../common/error-from.js';
import { ignoreRejection } from '../../common/ignore-rejection.js';
import { label, type MethodSite } from './method-site.js';
import {
  evictAnyway,
  evictTogether,
  type Eviction,
  type EvictionPlan,
  type PlannedEviction,
} from './planned-eviction.js';
import type { PlannedPut, PutPlan } from './planned-put.js';
import type { Proceed } from './replace-method.js';

type Method = () => Promise<unknown>;

/** Runs a method, then all its puts and evictions together. @internal */
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

/** Evicts, then runs a method. If the eviction rejects, the method does not run. @internal */
export function evictingBefore(evictions: readonly EvictionPlan[], proceed: Proceed): Proceed {
  return async (instance, args) => {
    const planned = evictions.flatMap((plan) => plan(instance, args) ?? []);
    await evictTogether(planned.map((eviction) => eviction.evictionFor(undefined)));
    return proceed(instance, args);
  };
}

async function change(
  method: Method,
  puts: readonly PlannedPut[],
  evictions: readonly PlannedEviction[],
  deliveries: Deliveries,
): Promise<unknown> {
  const evict = (due: readonly Eviction[]): void => deliveries.add(evictTogether(due));
  const caches = [...new Set(puts.map(({ cache }) => cache))];
  if (caches.length === 0) {
    const result = await method();
    evict(decide(result, puts, evictions, deliveries).due);
    return result;
  }
  let decided: Decision = { entries: new Map(), due: [] };
  const run = caches.reduce<Method>(
    (inner, cache, depth) => async () => {
      const { result, delivered } = await cache.runPut(inner, (value: unknown) => {
        if (depth === 0) decided = decide(value, puts, evictions, deliveries);
        const { entries, due } = decided;
        return {
          entries: puts.flatMap((put) => (put.cache === cache ? (entries.get(put) ?? []) : [])),
          // Here and not once the put has ended, which is a later tick: its evictions would leave in another message.
          ...(depth === 0 && { evictOthers: () => evict(due) }),
        };
      });
      deliveries.add(delivered);
      return result;
    },
    method,
  );
  return run();
}

/** What a method has changed. */
interface Decision {
  readonly entries: ReadonlyMap<PlannedPut, PutEntry | undefined>;
  readonly due: readonly Eviction[];
}

/**
 * What is to be put and evicted after the method. All callbacks are asked, also when one throws: the method has changed something, and the
 * entries of the other callbacks may be stale. They are evicted then.
 */
function decide(
  result: unknown,
  puts: readonly PlannedPut[],
  evictions: readonly PlannedEviction[],
  deliveries: Deliveries,
): Decision {
  const failures: unknown[] = [];
  const entries = askAll(puts, (put) => put.entryFor(result), failures);
  const due = [...askAll(evictions, (eviction) => eviction.evictionFor(result), failures).values()];
  if (failures.length === 0) return { entries, due };
  deliveries.add(evictTogether(due));
  for (const [{ cache }, entry] of entries)
    if (entry) evictAnyway(cache, [{ kind: 'key', region: entry.region.name, key: entry.key }]);
  throw failures[0];
}

function askAll<P, T>(planned: readonly P[], ask: (plan: P) => T, failures: unknown[]): ReadonlyMap<P, T> {
  const answers = new Map<P, T>();
  for (const plan of planned) {
    try {
      answers.set(plan, ask(plan));
    } catch (error) {
      failures.push(error);
    }
  }
  return answers;
}

/**
 * Carries out the evictions that `evictOnError` asks for after the method failed. It never throws: the caller is owed the error of the
 * method, so a failure here is only logged.
 */
async function evictAfterFailure(
  site: MethodSite,
  evictions: readonly PlannedEviction[],
  error: unknown,
): Promise<void> {
  try {
    const due = evictions.filter((eviction) => eviction.evictsAfter(error));
    await evictTogether(due.map((eviction) => eviction.evictionFor(undefined)));
  } catch (failure) {
    new Logger('DistributedCache').error({
      message: 'A decorated method failed, and so did the eviction that evictOnError asks for',
      method: label(site.target, site.name),
      error: errorFrom(failure).message,
    });
  }
}

/** The deliveries that the caller of the method waits for. */
class Deliveries {
  readonly #pending: Promise<unknown>[] = [];

  add(delivery: Promise<unknown>): void {
    // If a later callback throws, nobody awaits it.
    this.#pending.push(ignoreRejection(delivery));
  }

  get all(): Promise<unknown> {
    return Promise.all(this.#pending);
  }
}
