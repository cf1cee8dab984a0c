import type { CacheSettings } from '../../libs/distributed-cache/src/cache/settings.js';
import type { Clock } from '../../libs/distributed-cache/src/common/clock.js';
import { NO_POLICY } from '../../libs/distributed-cache/src/cache/policies/load-policies.js';
import type { History } from './history.js';
import type { InstanceOptions } from './instance-life.js';
import type { Random } from '../../tools/random.mjs';
import type { Shop } from './shop.js';

/** One instance of the application in a world. */
export interface Member {
  readonly shop: Shop;
  /** Whether its machine runs. While it stands still, the state of its cache is not up to date. */
  readonly isRunning: boolean;
  /** Runs `callback` now; if its machine stands still, when it runs again. */
  whenRunning(callback: () => void): void;
}

/** The kind of the fault that cuts an instance off for longer than the list of members keeps it. Only a plan injects it. */
export const LONG_ABSENCE = 'long absence';

/** A fault that a schedule can inject. */
export interface Fault<M extends Member> {
  readonly kind: string;
  readonly weight: number;
  /** Whether the target cannot reach the server meanwhile. */
  readonly cutsOff?: boolean;
  /** Injects it, for `target` or for all. It ends by itself, or by {@link World.heal}. */
  inject(target: M, random: Random): void;
}

/** Where a schedule runs: in memory by a clock of its own, or on a Redis in real time. */
export interface World<M extends Member = Member> {
  readonly clock: Clock;
  readonly history: History;
  readonly faults: readonly Fault<M>[];
  /** Starts another instance. It may not have synced yet when the promise resolves. */
  join(name: string, settings: Partial<CacheSettings>): Promise<M>;
  /** Ends the process of the instance at once, with all that it had not delivered. */
  kill(member: M): void;
  /** Ends every fault. */
  heal(): Promise<void>;
  /** Lets time pass until `running` settles. */
  run<T>(running: Promise<T>): Promise<T>;
}

/** No history has so many entries. */
const MANY_ENTRIES = 1_000;

/** After this time every other fault has ended, in ms. */
export const LONGEST_FAULT = 12_000;

/** How long a fault lasts, in ms: often about as long as the lease is, or the timeouts. */
export function faultLength(random: Random): number {
  return random.pick([random.between(1, 300), random.between(300, 2_500), random.between(2_500, 7_000)]);
}

/** What a history has to know of the settings of an instance. */
export function optionsOf(settings: Partial<CacheSettings>): InstanceOptions {
  const { regions, maxEntries, policy = NO_POLICY, audit } = settings;
  return {
    bypassing: bypassingIn(settings),
    policyIn: (region) => regions?.get(region)?.policy ?? policy,
    isAudited: (region) => (regions?.get(region) ?? { audit }).audit !== undefined,
    isBounded: maxEntries !== undefined && maxEntries < MANY_ENTRIES,
  };
}

function bypassingIn({ regions }: Partial<CacheSettings>): ReadonlySet<string> {
  const bypassing = [...(regions ?? [])].filter(([, { whenDisconnected }]) => whenDisconnected === 'bypass');
  return new Set(bypassing.map(([name]) => name));
}
