import type { RedisOptions } from 'ioredis';
import type { RedisConnectionSettings, RedisEndpoint } from '../connection-string/connection-settings.js';
import { describeTarget } from '../connection-string/connection-target.js';
import { addressAt, describePlace, type RedisPlace } from './redis-address.js';

/** @internal */
export function placeOf(endpoint: RedisEndpoint): RedisPlace {
  return 'path' in endpoint ? endpoint : addressAt(endpoint.host, endpoint.port);
}

/** Where a connection with these options leads. @internal */
export function placeIn({ path, host = 'localhost', port = 6_379 }: RedisOptions): RedisPlace {
  return path ? { path } : addressAt(host, port);
}

/** Whether options name another server than the connection string that they are merged over. @internal */
export function leadsElsewhere({ path, host, port, sentinels }: RedisOptions): boolean {
  return (path ?? host ?? port ?? sentinels) !== undefined;
}

/** What a log line may say about where options lead. @internal */
export function describeOptions(options: RedisOptions): string {
  const { sentinels, name, db = 0 } = options;
  if (!sentinels?.length) return `${describePlace(placeIn(options))}${options.path ? '' : `/${db}`}`;
  const addresses = sentinels.map(({ host = 'localhost', port = 26_379 }) => describePlace(addressAt(host, port)));
  return `${addresses.join(',')}/${name}/${db} (sentinel)`;
}

/** What a log line may say about where a connection string leads, with options that may lead somewhere else. @internal */
export function describeMerged(settings: RedisConnectionSettings, options: RedisOptions): string {
  const { db = settings.database, sentinels, tls } = options;
  if (sentinels) return describeOptions({ ...options, db });
  return describeTarget({
    ...settings,
    ...(settings.mode !== 'sentinel' && leadsElsewhere(options)
      ? ({ mode: 'standalone', endpoints: [endpointIn(options, settings.endpoints[0])] } as const)
      : {}),
    database: db,
    tls: tls ? { ...settings.tls, enabled: true } : settings.tls,
  });
}

function endpointIn({ path, host, port }: RedisOptions, first: RedisEndpoint): RedisEndpoint {
  if (path) return { path };
  return 'host' in first ? { host: host ?? first.host, port: port ?? first.port } : first;
}
