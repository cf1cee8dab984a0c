import { withDefaults } from './defaults.js';
import type { RedisConnectionSettings } from './settings.js';
import { isUrl, parseRedisUrl } from './redis-url.js';
import { parseStackExchangeSyntax } from './stackexchange-syntax.js';
import { unwrapped } from './unwrapped.js';

/**
 * Reads a connection string and fills in every default.
 *
 * A string that begins with `scheme://` is a URL (`redis://`, `rediss://`, `redis+sentinel://`, `rediss+sentinel://`, and the same with
 * `valkey`). Any other string is read in the syntax of StackExchange.Redis (`shop.redis.cache.windows.net:6380,password=…,ssl=True`).
 * Several endpoints mean a Redis Cluster, or sentinels if there is a service name.
 *
 * @throws {InvalidConnectionStringError} with the option or the endpoint that is wrong, and what is allowed; never with a secret
 *
 * @publicApi
 */
export function parseRedisConnectionString(text: string): RedisConnectionSettings {
  const string = unwrapped(text);
  return withDefaults(isUrl(string) ? parseRedisUrl(string) : parseStackExchangeSyntax(string));
}
