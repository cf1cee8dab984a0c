import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { headerText, type HeaderValue, type Headers } from '../request.js';

/**
 * A finished response, as it is kept. Data without methods: a region with `values: 'cloned'` stores a clone.
 *
 * @internal
 */
export interface StoredResponse {
  readonly status: number;
  /** The headers that belong to the content, by their names in lower case, without those that are made for each request. */
  readonly headers: Headers;
  /**
   * The bytes, or the text that has these bytes in UTF-8: Node.js writes a short text together with the headers, at once. `undefined`: there is
   * no body, and no `Content-Type`.
   */
  readonly body: Buffer | string | undefined;
  /** In bytes. */
  readonly length: number;
  /** Where a redirect leads to, which Nest sends itself. */
  readonly location?: string | undefined;
  /** The names of the request headers that select among responses, as `Vary` names them, without those that middleware adds for each request. */
  readonly vary: readonly string[];
  /** Wall-clock time at which it was made, in ms. */
  readonly madeAt: number;
}

/** What an adapter has made of the result of a handler. @internal */
export interface RenderedResponse {
  readonly headers: Headers;
  readonly body: Buffer | undefined;
}

/** Headers that belong to one connection or to one answer: RFC 9110 7.6.1, RFC 9111 3.1, and what is made anew for each request. */
const NEVER_STORED: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'set-cookie',
  'set-cookie2',
  'age',
  'date',
  'x-cache',
  'content-length',
  'vary',
]);

/**
 * The headers that were set while the handler ran: those that differ from `before`, and those that `@Header` sets. What middleware has set
 * before belongs to its request.
 *
 * @internal
 */
export function contentHeaders(before: Headers, after: Headers, ofHandler: ReadonlySet<string>): Headers {
  const named = namesIn(after['connection']);
  const content: Record<string, HeaderValue> = {};
  for (const [name, value] of Object.entries(after)) {
    if (NEVER_STORED.has(name) || named.includes(name)) continue;
    if (ofHandler.has(name) || !isSame(value, before[name])) content[name] = value;
  }
  return content;
}

/** A longer text is kept as bytes: to encode it for each hit would take longer than a further write. */
const LONGEST_TEXT = 16_384;

/** The form in which a body is kept. @internal */
export function bodyToKeep(body: Buffer | undefined): Buffer | string | undefined {
  return body && body.length <= LONGEST_TEXT && isUtf8(body) ? body.toString() : body;
}

/** A strong validator of the bytes. @internal */
export function etagOf(body: Buffer | undefined): string {
  return `"${hash('sha1', body ?? '', 'base64url')}"`;
}

/** The names in a header that lists names, in lower case. @internal */
export function namesIn(value: HeaderValue | undefined): string[] {
  if (value === undefined) return [];
  return headerText(value)
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Whether a `Cache-Control` has a directive, in whatever form. @internal */
export function hasDirective(control: HeaderValue | undefined, directive: string): boolean {
  return namesIn(control).some((each) => each === directive || each.startsWith(`${directive}=`));
}

function isSame(one: HeaderValue, other: HeaderValue | undefined): boolean {
  return one === other || (other !== undefined && headerText(one) === headerText(other));
}
