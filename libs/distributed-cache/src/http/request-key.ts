import { unescape } from 'node:querystring';
import { canonicalKey, responseKey, type CacheKey } from '../keys/canonical-key.js';
import { headerOf, type IncomingRequest } from './request.js';

/** What decides which response a request gets. @internal */
export interface KeyParts {
  /** Which handler answers. */
  readonly route: number;
  /** What the application has made a key of, in place of the host and the URL. */
  readonly given: CacheKey | undefined;
  readonly host: string | undefined;
  /** The path and the query that count. */
  readonly url: string;
  /** As {@link url}, before middleware rewrote it; `undefined`: none did. */
  readonly originalUrl: string | undefined;
  readonly version: string | undefined;
  readonly scope: string | undefined;
  /** Names of request headers, in lower case. */
  readonly vary: readonly string[];
}

/** The canonical key of the response. Requests of which one part differs have different keys. @internal */
export function requestKey(request: IncomingRequest, parts: KeyParts, where: string): string {
  const { route, given, host, url, originalUrl, version, scope, vary } = parts;
  let text =
    given === undefined
      ? `${route};u${measured(url)}${measured(originalUrl)}${measured(host)}`
      : `${route};k${measured(canonicalKey(given, `${where}: key`))}`;
  text += measured(version) + measured(scope);
  for (const name of vary) text += measured(name) + measured(headerOf(request, name));
  return responseKey(text);
}

/** With its length, so that its end is found whatever it contains. Something that is missing is no empty text. */
function measured(text: string | undefined): string {
  return text === undefined ? '-' : `${text.length}:${text}`;
}

/**
 * The path as it is, and the query sorted by name and then by value. Nothing is decoded: of two ways to write one parameter, each has an entry.
 *
 * @param counting - the names of the parameters that count; `undefined`: all
 *
 * @internal
 */
export function keyUrl(url: string, counting: ReadonlySet<string> | undefined): string {
  const start = url.indexOf('?');
  if (start < 0) return url;
  const parameters = url.slice(start + 1).split('&');
  const counted = counting ? parameters.filter((each) => counting.has(parameterName(each))) : parameters;
  if (counted.length === 0) return url.slice(0, start);
  return `${url.slice(0, start)}?${counted.length === 1 ? counted[0] : counted.toSorted(byNameThenValue).join('&')}`;
}

/** `filter[name]=x` is a parameter `filter`, to parsers that nest. */
function parameterName(parameter: string): string {
  const end = parameter.indexOf('=');
  const name = unescape((end < 0 ? parameter : parameter.slice(0, end)).replaceAll('+', ' '));
  const bracket = name.indexOf('[');
  return bracket > 0 ? name.slice(0, bracket) : name;
}

function byNameThenValue(one: string, other: string): number {
  const [oneName, oneValue] = cut(one);
  const [otherName, otherValue] = cut(other);
  return compare(oneName, otherName) || compare(oneValue, otherValue);
}

function cut(parameter: string): [string, string] {
  const end = parameter.indexOf('=');
  return end < 0 ? [parameter, ''] : [parameter.slice(0, end), parameter.slice(end)];
}

/** By code units, which is the same order on every machine. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
