import type { IncomingHttpHeaders } from 'node:http';

/**
 * What the callbacks of `@HttpCache` are given: the request of Express or Fastify, of which this names what both have. Annotate the parameter
 * to see more of it: `scope: (request: Request) => request.user?.tenant`.
 *
 * @publicApi
 */
export interface HttpCacheRequest {
  /** Such as `GET`, in capitals. */
  readonly method: string;
  /** The path and the query, as the client has sent them. */
  readonly url: string;
  /** By their names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** The query, as the framework has parsed it. */
  readonly query: Readonly<Record<string, unknown>>;
  /** The host that the client has asked for, without the port, as the framework gives it. */
  readonly hostname: string;
  readonly [property: string]: unknown;
}

/**
 * The response that is about to be stored, for the callbacks of `@HttpCache` that are called after the handler.
 *
 * @publicApi
 */
export interface HttpCacheResponse {
  /** The status code that the handler has set, or that of the framework. */
  readonly status: number;
  /** The headers that the handler has set, by their names in lower case, and `content-type`. */
  readonly headers: Readonly<Record<string, HeaderValue>>;
  /** What the handler has returned, before it is serialised. */
  readonly body: unknown;
}

/** The value of a header, or several of them. @publicApi */
export type HeaderValue = string | number | readonly string[];

/** Headers by their names in lower case. @internal */
export type Headers = Readonly<Record<string, HeaderValue>>;

/**
 * What the library itself reads of a request. Both frameworks have it.
 *
 * @internal
 */
export interface IncomingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The host that the client has asked for. */
  readonly host?: string | undefined;
  /** Express: the URL before middleware rewrote it. */
  readonly originalUrl?: string | undefined;
  /** Express: where the router of the application is mounted. */
  readonly baseUrl?: string | undefined;
  /** What a guard or middleware has found out about who asks. */
  readonly user?: unknown;
}

/** The text of a header that may have been set as a number or as a list. @internal */
export function headerText(value: HeaderValue): string {
  return typeof value === 'object' ? value.join(', ') : String(value);
}

/** The text of a request header; `undefined`: the request does not have it. @internal */
export function headerOf({ headers }: IncomingRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}
