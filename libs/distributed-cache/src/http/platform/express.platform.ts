import { ServerResponse, type IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { unsafeCast } from '../../common/unsafe-cast.js';
import type { Answer } from '../response/answer.js';
import type { HeaderValue, Headers, IncomingRequest } from '../request.js';
import type { RenderedResponse } from '../response/stored-response.js';
import type { Platform, Reply } from './platform.js';

/** Stands for the `ETag` that is made of the bytes later, so that Express makes none. */
const NO_ETAG = '""';

/** Responses of Express 5. @internal */
export class ExpressPlatform implements Platform {
  readonly #reply: Reply;

  /** @param reply - of the adapter, before it was wrapped */
  constructor(reply: Reply) {
    this.#reply = reply;
  }

  routedUrl({ baseUrl, url }: IncomingRequest): string {
    return baseUrl ? baseUrl + url : url;
  }

  status(response: object): number {
    return serverResponse(response).statusCode;
  }

  headers(response: object): Headers {
    return unsafeCast({ ...serverResponse(response).getHeaders() });
  }

  header(response: object, name: string): HeaderValue | undefined {
    return serverResponse(response).getHeader(name);
  }

  setHeader(response: object, name: string, value: string): void {
    serverResponse(response).setHeader(name, value);
  }

  isSent(response: object): boolean {
    return serverResponse(response).headersSent;
  }

  over(response: object): Promise<void> {
    return new Promise((resolve) => finished(serverResponse(response), () => resolve()));
  }

  rewind(response: object, status: number, headers: Headers): boolean {
    const target = serverResponse(response);
    target.statusCode = status;
    // A handler that tries to set a header fails.
    if (target.headersSent) return false;
    for (const name of target.getHeaderNames()) if (!(name in headers)) target.removeHeader(name);
    for (const [name, value] of Object.entries(headers)) target.setHeader(name, value);
    return true;
  }

  /**
   * Lets the adapter and Express send the body to a response that leads nowhere. So the settings of the application (`json spaces`, `json
   * replacer`, `json escape`) and everything that Nest decides about a body have their say.
   */
  render(response: object, status: number, headers: Headers, body: unknown): RenderedResponse | undefined {
    const standIn = standInFor(response);
    standIn.statusCode = status;
    for (const [name, value] of Object.entries(headers)) standIn.setHeader(name, value);
    if (!standIn.hasHeader('etag')) standIn.setHeader('etag', NO_ETAG);
    let sent: { readonly body: Buffer | undefined } | undefined;
    standIn.end = (chunk?: unknown, encoding?: unknown): ServerResponse => {
      sent = { body: bytesOf(chunk, encoding) };
      return standIn;
    };
    this.#reply(standIn, body);
    if (!sent || standIn.statusCode !== status) return undefined;
    if (standIn.getHeader('etag') === NO_ETAG) standIn.removeHeader('etag');
    return { headers: this.headers(standIn), body: sent.body };
  }

  write(response: object, answer: Answer): unknown {
    const target = serverResponse(response);
    target.statusCode = answer.status;
    if (answer.isNotModified)
      for (const name of target.getHeaderNames()) if (answer.leavesOut(name)) target.removeHeader(name);
    answer.eachHeader(target.getHeader('vary'), (name, value) => target.setHeader(name, value));
    return answer.isBodySent ? target.end(answer.stored.body) : target.end();
  }
}

function serverResponse(response: object): ServerResponse {
  return unsafeCast(response);
}

/** A response of the same application to a request that has no conditions and is no `HEAD`. */
function standInFor(response: object): ServerResponse {
  const request = { method: 'GET', headers: {}, httpVersionMajor: 1, httpVersionMinor: 1, fresh: false };
  const standIn = new ServerResponse(unsafeCast<IncomingMessage>(request));
  const prototype: object | null = Object.getPrototypeOf(response);
  Object.setPrototypeOf(standIn, prototype);
  const { locals } = unsafeCast<{ locals: unknown }>(response);
  return Object.assign(standIn, { locals });
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer | undefined {
  if (chunk === undefined) return undefined;
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding === undefined ? 'utf8' : unsafeCast(encoding));
  // A copy: the handler may write into its own again.
  return ArrayBuffer.isView(chunk)
    ? Buffer.from(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    : undefined;
}
