import type { Platform } from '../platform/platform.js';
import type { HeaderValue, Headers } from '../request.js';
import { bodyToKeep, contentHeaders, etagOf, hasDirective, namesIn, type StoredResponse } from './stored-response.js';
import type { VaryNames } from './vary-names.js';

const NO_CONTENT = 204;

/** What decides which responses of a handler are kept. @internal */
export interface KeepingRules {
  readonly platform: Platform;
  readonly statuses: ReadonlySet<number>;
  /** In bytes. */
  readonly maxBody: number;
  /** The names of the headers that `@Header` sets, in lower case. */
  readonly ofHandler: ReadonlySet<string>;
  readonly varyNames: VaryNames;
}

/** What a handler has done. @internal */
export interface Handled {
  readonly status: number;
  /** What it has returned. */
  readonly body: unknown;
  /** Where it redirects to. */
  readonly location?: string | undefined;
  /** The headers of the response before it was called, and now. */
  readonly before: Headers;
  readonly after: Headers;
  readonly response: object;
  /** The request headers that are part of the key. */
  readonly keyed: readonly string[];
  readonly hasScope: boolean;
}

/**
 * The response that is kept, by RFC 9111 3, or why none is, in words. Words name headers, never their values.
 *
 * @throws what the framework throws for a body that cannot be serialised
 *
 * @internal
 */
export function finishedResponse(handled: Handled, rules: KeepingRules): StoredResponse | string {
  const { status, after, hasScope } = handled;
  if (!rules.statuses.has(status)) return `the status ${status} is not listed`;
  const obstacle =
    obstacleIn(after['set-cookie'], after['cache-control'], hasScope) ?? rules.varyNames.add(after['vary']);
  if (obstacle !== undefined) return obstacle;
  const vary = namesIn(after['vary']);
  // Whoever waits for this response has a key without that header.
  if (vary.some((name) => !handled.keyed.includes(name))) return 'Vary names a header for the first time';
  return keptOf(handled, vary, rules);
}

/** Why a response with these headers must not be kept. Also asked before the handler, about what middleware has set. @internal */
export function obstacleIn(
  setCookie: unknown,
  control: HeaderValue | undefined,
  hasScope: boolean,
): string | undefined {
  if (setCookie !== undefined) return 'the response has Set-Cookie';
  if (control === undefined) return undefined;
  if (hasDirective(control, 'no-store')) return 'the response has Cache-Control: no-store';
  if (!hasScope && hasDirective(control, 'private'))
    return 'the response has Cache-Control: private, and there is no scope';
  return undefined;
}

function keptOf(handled: Handled, namedInVary: readonly string[], rules: KeepingRules): StoredResponse | string {
  const { status, location, before, after, response } = handled;
  const vary = [...new Set([...namedInVary, ...rules.varyNames.ofOptions])];
  const madeAt = Date.now();
  // The framework has the last word on the type: it adds a charset, and a 204 has none.
  const { 'content-type': _, ...content } = contentHeaders(before, after, rules.ofHandler);
  if (location !== undefined) return { status, headers: content, body: undefined, length: 0, location, vary, madeAt };
  const rendered = rules.platform.render(response, status, after, handled.body);
  if (!rendered) return 'the framework does not send its body in one piece';
  if ((rendered.body?.length ?? 0) > rules.maxBody) return 'its body is larger than maxBody';
  const body = status === NO_CONTENT ? undefined : rendered.body;
  const type = status === NO_CONTENT ? undefined : rendered.headers['content-type'];
  const etag = content['etag'] ?? etagOf(body);
  return {
    status,
    headers: { ...content, ...(type !== undefined && { 'content-type': type }), etag },
    body: bodyToKeep(body),
    length: body?.length ?? 0,
    vary,
    madeAt,
  };
}
