import { InvalidConnectionStringError } from '../../errors.js';
import { parseNetworkEndpoint, type EndpointLabel, type ParsedEndpoint } from './parse-endpoint.js';
import { recognizeOption, withOption, type ConnectionOptions } from './options.js';
import type { ParsedConnection } from './defaults.js';

/**
 * Reads what the Azure portal shows and .NET applications use, `shop.redis.cache.windows.net:6380,password=abc=,ssl=True`, by
 * the grammar of StackExchange.Redis (`ConfigurationOptions.DoParse`): split at every comma, since there is no escaping; a
 * token with `=` after its first character is an option, its key before the first `=`; any other token is an endpoint.
 *
 * @throws {InvalidConnectionStringError}
 *
 * @internal
 */
export function parseStackExchangeSyntax(text: string): ParsedConnection {
  const endpoints: ParsedEndpoint[] = [];
  const ignored: string[] = [];
  let options: ConnectionOptions = {};
  let passwordSeen = false;

  for (const token of text.split(',').map((part) => part.trim())) {
    if (token === '') {
      continue;
    }
    const equals = token.indexOf('=');
    if (equals <= 0) {
      const label = { position: endpoints.length + 1, mayBeSecret: passwordSeen };
      endpoints.push(parseEndpoint(token, label));
      refuseRestOfPassword(label);
      continue;
    }
    const option = recognizeOption(token.slice(0, equals).trim());
    if ('ignored' in option) {
      ignored.push(option.ignored);
      continue;
    }
    options = withOption(options, option.effective, token.slice(equals + 1).trim());
    passwordSeen ||= option.effective === 'password' || option.effective === 'sentinelPassword';
  }
  return { endpoints, options, ignored };
}

function parseEndpoint(token: string, label: EndpointLabel): ParsedEndpoint {
  if (token.startsWith('!')) {
    return { path: parseSocketPath(token.slice(1), label) };
  }
  if (token.includes('@') && !label.mayBeSecret) {
    throw new InvalidConnectionStringError(
      `Redis connection string: endpoint ${label.position} holds an '@'; write user and password as options ('user=…,password=…'), or the whole string as a URL ('redis://user:password@host').`,
    );
  }
  return parseNetworkEndpoint(token, label);
}

/** It would make a cluster of one server, and show a part of the password wherever its nodes are named. */
function refuseRestOfPassword({ position, mayBeSecret }: EndpointLabel): void {
  if (!mayBeSecret || position === 1) return;
  throw new InvalidConnectionStringError(
    `Redis connection string: endpoint ${position} stands after a password and is not shown: write the endpoints first. A value cannot hold a comma, so it may be the rest of that password; then write the whole string as a URL, with '%2C' for the comma.`,
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
