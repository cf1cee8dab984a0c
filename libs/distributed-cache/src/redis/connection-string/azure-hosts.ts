/**
 * Hosts of Azure Cache for Redis, in each of Azure's clouds: port 6380 is TLS; port 6379 is plain text, where it is allowed.
 * StackExchange.Redis has the same list.
 */
const CACHE_DOMAINS = [
  '.redis.cache.windows.net',
  '.redis.cache.chinacloudapi.cn',
  '.redis.cache.usgovcloudapi.net',
  '.redis.cache.sovcloud-api.de',
  '.redis.cache.sovcloud-api.fr',
];

/** Hosts of Azure Managed Redis, and of the Enterprise tiers that it replaces. */
const MANAGED_DOMAINS = [
  '.redis.azure.net',
  '.redis.chinacloudapi.cn',
  '.redis.usgovcloudapi.net',
  '.redis.sovcloud-api.de',
  '.redis.sovcloud-api.fr',
  '.redisenterprise.cache.azure.net',
];

/** The only port of Azure Managed Redis; it is TLS unless that is switched off. @internal */
export const AZURE_MANAGED_PORT = 10_000;

/** Whether the host is an Azure Managed Redis. @internal */
export function isAzureManaged(host: string): boolean {
  return endsWithOneOf(host, MANAGED_DOMAINS);
}

/** Whether Azure speaks TLS at this endpoint, so that TLS is the default there. @internal */
export function impliesTls(host: string, port: number | undefined): boolean {
  return isAzureManaged(host) || (port === 6380 && endsWithOneOf(host, CACHE_DOMAINS));
}

function endsWithOneOf(host: string, suffixes: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return suffixes.some((suffix) => name.endsWith(suffix));
}
