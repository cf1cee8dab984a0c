import { InvalidConnectionStringError } from '../../errors.js';
import { parseNetworkEndpoint, type EndpointLabel, type ParsedEndpoint } from './parse-endpoint.js';
import type { ParsedConnection } from './defaults.js';
import { OptionsReader } from './options-reader.js';

const AFTER_PASSWORD =
  'It stands after a password and is not shown, since it may be the rest of that password: a value cannot contain a comma.';

/**
 * Reads the syntax of StackExchange.Redis, which the Azure portal shows and .NET applications use:
 * `shop.redis.cache.windows.net:6380,password=abc=,ssl=True`.
 *
 * The grammar is that of `ConfigurationOptions.DoParse`. The string is split at every comma; there is no escape for one. A token with a `=`
 * after its first character is an option, with its key before the first `=`. Any other token is an endpoint.
 *
 * @throws {InvalidConnectionStringError}
 *
 * @internal
 */
export function parseStackExchangeSyntax(text: string): ParsedConnection {
  const endpoints: ParsedEndpoint[] = [];
  const reader = new OptionsReader('stackexchange');

  for (const [index, part] of text.split(',').entries()) {
    const token = part.trim();
    if (token === '') {
      continue;
    }
    const equals = token.indexOf('=');
    if (equals > 0) {
      const [key, value] = [token.slice(0, equals).trim(), token.slice(equals + 1).trim()];
      reader.read({ key, value, position: index + 1 });
      continue;
    }
    const label: EndpointLabel = {
      position: endpoints.length + 1,
      syntax: 'stackexchange',
      hidden: reader.isAfterPassword ? AFTER_PASSWORD : undefined,
    };
    endpoints.push(parseEndpoint(token, label));
    refuseRestOfPassword(label);
  }
  return { syntax: 'stackexchange', endpoints, ...reader.finish() };
}

function parseEndpoint(token: string, label: EndpointLabel): ParsedEndpoint {
  if (token.startsWith('!')) {
    return { path: parseSocketPath(token.slice(1), label) };
  }
  if (token.includes('@') && label.hidden === undefined) {
    throw new InvalidConnectionStringError(
      `Redis connection string: endpoint ${label.position} contains an '@'; write user and password as options ('user=…,password=…'), or the whole string as a URL ('redis://user:password@host').`,
    );
  }
  return parseNetworkEndpoint(token, label);
}

/** If the text is the rest of a password, to accept it would make a cluster of one server, and log lines would show it as a node. */
function refuseRestOfPassword({ position, hidden }: EndpointLabel): void {
  if (hidden === undefined || position === 1) return;
  throw new InvalidConnectionStringError(
    `Redis connection string: endpoint ${position} stands after a password and is not shown. If it is an endpoint, write the endpoints first. If it is the rest of a password with a comma, write the whole string as a URL, with '%2C' for the comma.`,
  );
}

function parseSocketPath(path: string, { position }: EndpointLabel): string {
  if (!path.startsWith('/') || path.length === 1 || path.includes('\0')) {
    throw new InvalidConnectionStringError(
      `Redis connection string: endpoint ${position} is not a unix socket; allowed: '!' and an absolute path, for example '!/run/redis.sock'.`,
    );
  }
  return path;
}
