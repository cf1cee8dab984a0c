import { InvalidConnectionStringError } from '../../errors.js';

/** What is often found in place of a connection string or around one, and how to get the string out of it. */
const WRAPPINGS: readonly (readonly [RegExp, string])[] = [
  [
    /^@Microsoft\.KeyVault\(/i,
    'it is a Key Vault reference that App Service did not resolve; check that the identity of the application may read that secret',
  ],
  [
    /^["'`“”‘’«»]/,
    'it begins with a quotation mark; remove the quotation marks around the string (files that Docker reads by --env-file keep them as a part of the value)',
  ],
  [/^(?:redis|valkey)-cli\s/i, "it is a command line; write only the URL that stands behind '-u' there"],
  [
    // No option of a connection string has one of these words in its name.
    /^(?:export\s+|set\s+)?\w*(?:redis|valkey|url|connection_?string)\w*\s*=/i,
    "it begins with the name of a setting; write only what stands behind the first '='",
  ],
];

/**
 * The string without the white space around it.
 *
 * @throws {InvalidConnectionStringError} when it is empty, or when something is wrapped around it
 *
 * @internal
 */
export function unwrapped(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') {
    throw new InvalidConnectionStringError(
      "Redis connection string: it is empty; allowed: a URL such as 'redis://host:6379', or 'host:port,option=value,…'.",
    );
  }
  const [, problem] = WRAPPINGS.find(([pattern]) => pattern.test(trimmed)) ?? [];
  if (problem !== undefined) throw new InvalidConnectionStringError(`Redis connection string: ${problem}.`);
  return trimmed;
}
