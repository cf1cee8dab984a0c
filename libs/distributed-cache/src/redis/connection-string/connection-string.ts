import { InvalidConnectionStringError } from '../../errors.js';
import { withDefaults } from './defaults.js';
import type { RedisConnectionSettings } from './settings.js';
import { isUrl, parseRedisUrl } from './redis-url.js';
import { parseStackExchangeSyntax } from './stackexchange-syntax.js';

/**
 * Reads a connection string and fills in every default.
 *
 * A string that begins with `scheme://` is a URL (`redis://`, `rediss://`, `redis+sentinel://`, `rediss+sentinel://`). Any other string is
 * read in the syntax of StackExchange.Redis (`shop.redis.cache.windows.net:6380,password=…,ssl=True`). Several endpoints mean a Redis
 * Cluster, or sentinels if there is a service name.
 *
 * @throws {InvalidConnectionStringError} with the option or the endpoint that is wrong, and what is allowed; never with a secret
 *
 * @publicApi
 */
export function parseRedisConnectionString(text: string): RedisConnectionSettings {
  const trimmed = text.trim();
  if (trimmed === '') {
    throw new InvalidConnectionStringError(
      "Redis connection string: it is empty; allowed: a URL such as 'redis://host:6379', or 'host:port,option=value,…'.",
    );
  }
  if (/^@Microsoft\.KeyVault\(/i.test(trimmed)) {
    throw new InvalidConnectionStringError(
      'Redis connection string: it is a Key Vault reference that App Service did not resolve; check that the identity of the application may read that secret.',
    );
  }
  return withDefaults(isUrl(trimmed) ? parseRedisUrl(trimmed) : parseStackExchangeSyntax(trimmed));
}
