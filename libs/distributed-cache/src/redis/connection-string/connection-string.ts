import { InvalidConnectionStringError } from '../../errors.js';
import { withDefaults } from './defaults.js';
import type { RedisConnectionSettings } from './settings.js';
import { isUrl, parseRedisUrl } from './redis-url.js';
import { parseStackExchangeSyntax } from './stackexchange-syntax.js';

/**
 * Reads a connection string, either a URL (`redis://`, `rediss://`, `redis+sentinel://`, `rediss+sentinel://`) or the syntax of
 * StackExchange.Redis (`shop.redis.cache.windows.net:6380,password=…,ssl=True`), and fills in every default.
 *
 * What begins with `scheme://` is a URL; anything else is StackExchange.Redis syntax. More than one endpoint means Redis
 * Cluster, unless a service name makes them sentinels.
 *
 * @throws {InvalidConnectionStringError} naming the key or the endpoint and what is allowed, never a secret
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
