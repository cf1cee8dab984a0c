import { describeValue } from '../../common/describe-value.js';
import { InvalidOptionsError } from '../../errors.js';
import { nearestName } from '../options/nearest-name.js';

/** The settings in which platforms and operators keep the connection string, in the order in which they are looked up. @internal */
export const SETTING_NAMES = [
  'RedisConnectionString',
  'REDIS_CONNECTION_STRING',
  'ConnectionStrings__RedisConnectionString',
  // Azure App Service adds a prefix that depends on the type chosen in the portal.
  'CUSTOMCONNSTR_RedisConnectionString',
  'REDISCACHECONNSTR_RedisConnectionString',
  // Azure Service Connector.
  'AZURE_REDIS_CONNECTIONSTRING',
  'REDIS_URL',
] as const;

/** A connection string and where it was found. @internal */
export interface ConnectionSource {
  /** For people: "the option redisConnectionString", or the name of the setting. */
  readonly source: string;
  /** Holds the password: never to be logged. */
  readonly connectionString: string;
}

/**
 * Where the connection string comes from: the option when it is given, else the first setting that is not empty. `undefined` means
 * local mode: no setting has one, or the option is `''`, which says that none is wanted.
 *
 * White space around a string does not count, so a line break at the end of a secret's file does no harm.
 *
 * @param option - the option `redisConnectionString`
 * @param read - gives a setting of the application by its name
 *
 * @internal
 */
export function findConnectionString(
  option: string | undefined,
  read: (name: string) => string | undefined,
): ConnectionSource | undefined {
  if (option !== undefined) return sourceOf('the option redisConnectionString', option);
  for (const name of SETTING_NAMES) {
    const found = sourceOf(name, read(name));
    if (found) return found;
  }
  return undefined;
}

function sourceOf(source: string, text: unknown): ConnectionSource | undefined {
  // A configuration can hold anything under a name; what is not text is not a connection string.
  if (typeof text !== 'string') return undefined;
  const connectionString = text.trim();
  return connectionString === '' ? undefined : { source, connectionString };
}

/**
 * Names of the environment that look like a misspelt one of {@link SETTING_NAMES}, each with the one that was probably meant. They are
 * read by nobody.
 *
 * @param environment - only settings that are not empty count
 *
 * @internal
 */
export function misspeltSettings(
  environment: Readonly<Record<string, string | undefined>>,
): readonly [string, string][] {
  const known: readonly string[] = SETTING_NAMES;
  return Object.entries(environment).flatMap(([name, value]) => {
    if (known.includes(name) || (value ?? '').trim() === '' || !/redis/i.test(name)) return [];
    // Beside "redis", so that REDIS_PORT, which platforms set for a service of that name, is not taken for REDIS_URL.
    const similar = nearestName(besideRedis(name), known.map(besideRedis));
    if (similar === undefined) return [];
    const candidates = known.filter((each) => besideRedis(each) === similar);
    const meant = candidates.find((each) => letters(each) === letters(name)) ?? nearestName(name, candidates);
    return meant === undefined ? [] : [[name, meant]];
  });
}

function besideRedis(name: string): string {
  return letters(name).replace('redis', '');
}

/** Letter case, underscores and hyphens are what is most often mistaken. */
function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** The setting that refuses local mode, beside the option `requireRedis`. @internal */
export const REQUIRED_NAME = 'REDIS_CONNECTION_REQUIRED';

/**
 * Whether the application must not run in local mode.
 *
 * @param option - the option `requireRedis`
 * @param read - gives a setting of the application by its name
 * @throws {InvalidOptionsError} when the setting is neither true nor false
 *
 * @internal
 */
export function isRedisRequired(option: boolean | undefined, read: (name: string) => unknown): boolean {
  if (option !== undefined) return option;
  const given = read(REQUIRED_NAME) ?? '';
  // A configuration that is validated may hold a boolean.
  const setting = typeof given === 'string' ? given.trim().toLowerCase() : describeValue(given);
  if (['', 'false', '0', 'no', 'off'].includes(setting)) return false;
  if (['true', '1', 'yes', 'on'].includes(setting)) return true;
  throw new InvalidOptionsError(`${REQUIRED_NAME}: ${describeValue(setting)} is not allowed; allowed: true or false.`);
}
