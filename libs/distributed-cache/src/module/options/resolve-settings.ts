import { auditOf, type AuditSettings } from '../../cache/auditing/audit-options.js';
import type { Answers } from '../../coherence/answering.js';
import { canonicalName } from '../../keys/canonical-key.js';
import type { CacheSettings, RegionSettings, ValuesPolicy, WhenDisconnected } from '../../cache/settings.js';
import { NO_POLICY, policyOf } from '../../cache/policies/load-policies.js';
import { shortened } from '../../common/describe-value.js';
import { InvalidOptionsError } from '../../errors.js';
import { checkOptions } from './check-options.js';
import type { DistributedCacheOptions, RegionOptions } from './distributed-cache.options.js';
import {
  count,
  entryCount,
  flag,
  namespaceName,
  oneOf,
  replicaCount,
  share,
  staleness,
  timeLimit,
  timeToLive,
  wait,
} from './option-rules.js';

const VALUES: readonly ValuesPolicy[] = ['shared', 'frozen', 'cloned'];
const ANSWERS: readonly Answers[] = ['none', 'stats', 'all'];
const WHEN_DISCONNECTED: readonly WhenDisconnected[] = ['reload', 'bypass'];

/** What settings depend on, beside the options. @internal */
export interface SettingsContext {
  /** The name of the cache; `undefined`: the unnamed one. */
  readonly name?: string | undefined;
  /** What the connection string says of `commandTimeout`, in ms; `undefined`: nothing. */
  readonly commandTimeout?: number | undefined;
  /** The namespace of the unnamed cache, which the default of a named one follows. Default: that of an unnamed cache without options. */
  readonly unnamedNamespace?: string | undefined;
  /** Whether every entry is to remember how it was loaded. Default: only where every hit may be audited. */
  readonly remembersLoaders?: boolean | undefined;
}

const DEFAULT_NAMESPACE = 'distributed-cache';

/**
 * Checks `options` and turns them into settings. A setting that is not given comes from the next of: region, module, connection string,
 * default.
 *
 * @throws {InvalidOptionsError} when an option is not allowed. The message names the option, its value (unless that may contain a secret)
 * and what is allowed.
 *
 * @internal
 */
export function resolveSettings(options: DistributedCacheOptions, context: SettingsContext = {}): CacheSettings {
  try {
    checkOptions(options);
    return settingsOf(options, context);
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    const { name } = context;
    const where = name === undefined ? 'DistributedCacheModule' : `DistributedCacheModule, cache '${name}'`;
    throw new InvalidOptionsError(`${where}: ${error.message}`, { cause: error });
  }
}

// Destructuring uses a default for `undefined` alone. So a null in a configuration file is refused instead of taken for "not set".
function settingsOf(
  {
    namespace,
    enabled = true,
    maxSize,
    sizeOf,
    maxStaleness = '10s',
    regions = {},
    onUndelivered = 'queue',
    invalidationLogLength = 4_096,
    outboxLimit = 10_000,
    publishTimeout = '1s',
    commandTimeout,
    drainTimeout = '1s',
    minReplicas = 0,
    reevictAfter,
    observability = {},
    ttl = '5m',
    ttlJitter = 0.05,
    maxEntries = 10_000,
    values = 'shared',
    whenDisconnected = 'reload',
    audit,
    ...policies
  }: DistributedCacheOptions,
  context: SettingsContext,
): CacheSettings {
  const ofRegions: RegionSettings = {
    ...auditing(auditOf(audit, undefined, 'audit'), context),
    ttl: timeToLive(ttl, 'ttl'),
    ttlJitter: share(ttlJitter, 'ttlJitter'),
    maxEntries: entryCount(maxEntries, 'maxEntries'),
    values: oneOf(VALUES, values, 'values'),
    whenDisconnected: oneOf(WHEN_DISCONNECTED, whenDisconnected, 'whenDisconnected'),
    policy: policyOf(policies, NO_POLICY, ''),
  };
  return {
    ...ofRegions,
    namespace: namespaceOf(namespace, context),
    enabled: flag(enabled, 'enabled'),
    maxSize: maxSize === undefined ? undefined : count(maxSize, 'maxSize'),
    sizeOf,
    maxStaleness: staleness(maxStaleness, 'maxStaleness'),
    regions: regionSettings(regions, ofRegions, context),
    onUndelivered: oneOf(['queue', 'throw'], onUndelivered, 'onUndelivered'),
    invalidationLogLength: count(invalidationLogLength, 'invalidationLogLength'),
    outboxLimit: count(outboxLimit, 'outboxLimit'),
    publishTimeout: wait(publishTimeout, 'publishTimeout'),
    commandTimeout: commandTimeoutOf(commandTimeout, context),
    drainTimeout: wait(drainTimeout, 'drainTimeout'),
    minReplicas: replicaCount(minReplicas, 'minReplicas'),
    answers: oneOf(ANSWERS, observability.answers ?? 'all', 'observability.answers'),
    tracePropagation: flag(observability.tracePropagation ?? false, 'observability.tracePropagation'),
    reevictAfter: reevictAfter === undefined ? undefined : timeLimit(reevictAfter, 'reevictAfter'),
  };
}

function namespaceOf(namespace: unknown, { name, unnamedNamespace = DEFAULT_NAMESPACE }: SettingsContext): string {
  if (namespace !== undefined) return namespaceName(namespace, 'namespace');
  if (name === undefined) return DEFAULT_NAMESPACE;
  // The default is made of the name, so the name must be allowed in a namespace.
  const suffix = namespaceName(name, 'name (the namespace is made of it)');
  return namespaceName(
    `${unnamedNamespace}:${suffix}`,
    'namespace (by default the one of the unnamed cache and the name)',
  );
}

function commandTimeoutOf(option: unknown, { commandTimeout }: SettingsContext): number {
  if (option !== undefined) return timeLimit(option, 'commandTimeout');
  if (commandTimeout === undefined) return 2_000;
  return timeLimit(commandTimeout, 'asyncTimeout or syncTimeout in the connection string');
}

function regionSettings(
  regions: Readonly<Record<string, RegionOptions | undefined>>,
  ofAll: RegionSettings,
  context: SettingsContext,
): ReadonlyMap<string, RegionSettings> {
  // By canonical name: a region looks its settings up by that.
  return new Map(
    Object.entries(regions).map(([name, options]) => [
      canonicalName('region', name),
      settingsOfRegion(options ?? {}, `regions.${shortened(name)}`, ofAll, context),
    ]),
  );
}

function auditing(
  audit: AuditSettings | undefined,
  { remembersLoaders = false }: SettingsContext,
): Pick<RegionSettings, 'audit' | 'remembersLoaders'> {
  return { audit, remembersLoaders: remembersLoaders || audit?.sample === 1 };
}

function settingsOfRegion(
  options: RegionOptions,
  path: string,
  ofAll: RegionSettings,
  context: SettingsContext,
): RegionSettings {
  const {
    ttl = ofAll.ttl,
    maxEntries = ofAll.maxEntries,
    values = ofAll.values,
    whenDisconnected = ofAll.whenDisconnected,
  } = options;
  return {
    ttl: timeToLive(ttl, `${path}.ttl`),
    ttlJitter: ofAll.ttlJitter,
    // The bound of the cache covers all regions together, so a region could never reach a larger one.
    maxEntries: Math.min(entryCount(maxEntries, `${path}.maxEntries`), ofAll.maxEntries),
    values: oneOf(VALUES, values, `${path}.values`),
    whenDisconnected: oneOf(WHEN_DISCONNECTED, whenDisconnected, `${path}.whenDisconnected`),
    policy: policyOf(options, ofAll.policy, `${path}.`),
    ...auditing(auditOf(options.audit, ofAll.audit, `${path}.audit`), context),
  };
}
