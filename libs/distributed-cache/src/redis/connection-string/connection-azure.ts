/** Azure Cache for Redis: 6379 in the clear where it is allowed, 6380 for TLS. */
const CACHE = ['.redis.cache.windows.net', '.redis.cache.chinacloudapi.cn', '.redis.cache.usgovcloudapi.net'];

/** Azure Managed Redis and its forerunner, the Enterprise tiers: TLS on 10000. */
const MANAGED = [
  '.redis.azure.net',
  '.redis.chinacloudapi.cn',
  '.redis.usgovcloudapi.net',
  '.redisenterprise.cache.azure.net',
];

/** The port Azure Managed Redis listens on; there is no other. @internal */
export const AZURE_MANAGED_PORT = 10_000;

/** @internal */
export function isAzureManaged(host: string): boolean {
  return endsWithOneOf(host, MANAGED);
}

/** Whether an endpoint is one where Azure speaks TLS, so that `ssl` need not be said. @internal */
export function impliesTls(host: string, port: number | undefined): boolean {
  return isAzureManaged(host) || (port === 6380 && endsWithOneOf(host, CACHE));
}

function endsWithOneOf(host: string, suffixes: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return suffixes.some((suffix) => name.endsWith(suffix));
}
