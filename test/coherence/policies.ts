import { policyOf, NO_POLICY } from '../../libs/distributed-cache/src/cache/policies/load-policies.js';
import type { CacheSettings, RegionSettings } from '../../libs/distributed-cache/src/cache/settings.js';
import type { Random } from '../../tools/random.mjs';

/** The settings of a region whose values expire soon, with some of the load policies. */
export function drawnPolicies(random: Random): Pick<RegionSettings, 'ttl' | 'policy'> {
  const maybe = <T>(share: number, values: readonly T[]): T | undefined =>
    random.chance(share) ? random.pick(values) : undefined;
  const given = {
    staleWhileRevalidate: maybe(0.5, [300, 2_000, 10_000]),
    staleIfError: maybe(0.5, [300, 2_000, 10_000]),
    retryAfter: maybe(0.5, [50, 500]),
    loadTimeout: maybe(0.3, [50, 300, 1_000]),
    refreshAhead: maybe(0.4, [0.2, 0.5, 0.9]),
    refreshOnInvalidate: maybe(0.4, [
      true,
      { within: 0 },
      { within: 100, concurrency: 1, maxRefresh: 1 },
      { within: 3_000 },
    ]),
  };
  return { ttl: random.pick([100, 300, 1_000, 3_000]), policy: policyOf(given, NO_POLICY, '') };
}

/** `settings`, with policies for each of its regions. */
export function withPolicies(settings: Partial<CacheSettings>, random: Random): Partial<CacheSettings> {
  const regions = [...(settings.regions ?? [])].map(
    ([name, region]) => [name, { ...region, ...drawnPolicies(random) }] as const,
  );
  return { ...settings, ...drawnPolicies(random), regions: new Map(regions) };
}
