import type { IncomingMessage, ServerResponse } from 'node:http';
import { unsafeCast } from '../../common/unsafe-cast.js';

/** What is read of a request. Express and Fastify both have it. @internal */
export interface WebRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The host that the client has asked for, with its port, as far as the application trusts its proxies. */
  readonly host?: string | undefined;
  /** Express: the URL before middleware rewrote it. */
  readonly originalUrl?: string | undefined;
  /** As the application has parsed it; `undefined`: it has not. */
  readonly body?: unknown;
}

interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): Record<string, number | string | string[] | undefined>;
}

/** The path that the client has asked for. @internal */
export function pathOf({ originalUrl, url }: WebRequest): string {
  return (originalUrl ?? url).replace(/[?#].*$/s, '');
}

/** @internal */
export function headerOf({ headers }: WebRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}

/**
 * The response of Node, which from now on nobody else writes to.
 *
 * @param response - of Express, which is that of Node, or the reply of Fastify
 *
 * @internal
 */
export function takenOver(response: object): ServerResponse {
  if (!('hijack' in response)) return unsafeCast(response);
  const reply: FastifyReply = unsafeCast(response);
  reply.hijack();
  // Those that hooks and plug-ins have set, such as the ones of CORS.
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  return reply.raw;
}

/** The largest body that is read, in bytes. */
const MOST_BYTES = 16_384;

/**
 * The body of a request as JSON, parsed by the application or else here.
 *
 * @returns `undefined`: there is none that can be read
 *
 * @internal
 */
export async function jsonBodyOf(request: WebRequest): Promise<unknown> {
  if (request.body !== undefined) return request.body;
  const stream: IncomingMessage = 'raw' in request ? unsafeCast(request.raw) : unsafeCast(request);
  if (stream.readableEnded) return undefined;
  try {
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > MOST_BYTES) return undefined;
    }
    const body: unknown = JSON.parse(text);
    return body;
  } catch {
    return undefined;
  }
}
