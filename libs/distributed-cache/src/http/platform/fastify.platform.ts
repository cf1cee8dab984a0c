import { finished } from 'node:stream';
import type { ServerResponse } from 'node:http';
import { unsafeCast } from '../../common/unsafe-cast.js';
import type { Answer } from '../response/answer.js';
import type { HeaderValue, Headers, IncomingRequest } from '../request.js';
import type { RenderedResponse } from '../response/stored-response.js';
import type { Platform, Reply } from './platform.js';

/** What is used of a reply of Fastify. */
interface FastifyReply {
  readonly raw: ServerResponse;
  readonly sent: boolean;
  statusCode: number;
  getHeader(name: string): HeaderValue | undefined;
  getHeaders(): Record<string, HeaderValue | undefined>;
  header(name: string, value: HeaderValue): unknown;
  removeHeader(name: string): unknown;
  code(status: number): unknown;
  serialize(payload: unknown): unknown;
  getSerializationFunction(status: string, contentType?: string): ((payload: unknown) => unknown) | undefined;
  serializer(serialize: null): unknown;
  send(payload?: unknown): unknown;
}

/** Responses of Fastify 5. @internal */
export class FastifyPlatform implements Platform {
  readonly #reply: Reply;

  /** @param reply - of the adapter, before it was wrapped */
  constructor(reply: Reply) {
    this.#reply = reply;
  }

  routedUrl({ url }: IncomingRequest): string {
    return url;
  }

  status(response: object): number {
    return replyOf(response).statusCode;
  }

  headers(response: object): Headers {
    return unsafeCast({ ...replyOf(response).getHeaders() });
  }

  header(response: object, name: string): HeaderValue | undefined {
    return replyOf(response).getHeader(name);
  }

  setHeader(response: object, name: string, value: string): void {
    replyOf(response).header(name, value);
  }

  isSent(response: object): boolean {
    const { sent, raw } = replyOf(response);
    return sent || raw.headersSent;
  }

  over(response: object): Promise<void> {
    return new Promise((resolve) => finished(replyOf(response).raw, () => resolve()));
  }

  rewind(response: object, status: number, headers: Headers): boolean {
    const reply = replyOf(response);
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    for (const [name, value] of Object.entries(headers)) reply.header(name, value);
    reply.code(status);
    return true;
  }

  /** Lets the adapter send the body to a reply that leads nowhere and does with it what that of Fastify does. */
  render(response: object, status: number, headers: Headers, body: unknown): RenderedResponse | undefined {
    const standIn = new StandInReply(replyOf(response), status, headers);
    this.#reply(standIn, body);
    return standIn.rendered;
  }

  write(response: object, answer: Answer): unknown {
    const reply = replyOf(response);
    reply.code(answer.status);
    if (answer.isNotModified)
      for (const name of Object.keys(reply.getHeaders())) if (answer.leavesOut(name)) reply.removeHeader(name);
    answer.eachHeader(reply.getHeader('vary'), (name, value) => reply.header(name, value));
    const { body } = answer.stored;
    // A text is serialised already.
    reply.serializer(null);
    // Of a HEAD request, Fastify leaves out the body itself, after it has measured it.
    return answer.isNotModified || body === undefined ? reply.send() : reply.send(body);
  }
}

function replyOf(response: object): FastifyReply {
  return unsafeCast(response);
}

/**
 * Does what `Reply.send` of Fastify does with a payload until its hook `onSend`.
 *
 * Fastify has no way to ask for that: `reply.serialize` does not look at the content type.
 */
class StandInReply {
  statusCode: number;
  rendered: RenderedResponse | undefined;
  readonly sent = false;
  readonly #reply: FastifyReply;
  readonly #headers: Record<string, HeaderValue>;

  constructor(reply: FastifyReply, status: number, headers: Headers) {
    this.#reply = reply;
    this.statusCode = status;
    this.#headers = { ...headers };
  }

  status(code: number): this {
    this.statusCode = code;
    return this;
  }

  getHeader(name: string): HeaderValue | undefined {
    return this.#headers[name.toLowerCase()];
  }

  header(name: string, value: HeaderValue): this {
    this.#headers[name.toLowerCase()] = value;
    return this;
  }

  send(payload: unknown): this {
    // It goes to the error handler.
    if (payload instanceof Error) return this;
    const body = payload === undefined ? undefined : this.#bytesOf(payload);
    // What Fastify refuses is left to it.
    if (payload === undefined || body !== undefined) this.rendered = { headers: this.#headers, body };
    return this;
  }

  #bytesOf(payload: unknown): Buffer | undefined {
    if (ArrayBuffer.isView(payload)) {
      this.#headers['content-type'] ??= 'application/octet-stream';
      return Buffer.from(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
    }
    const given = this.#headers['content-type'];
    if (given === undefined && typeof payload === 'string') {
      this.#headers['content-type'] = 'text/plain; charset=utf-8';
      return Buffer.from(payload);
    }
    if (given === undefined) this.#headers['content-type'] = 'application/json; charset=utf-8';
    const type = String(this.#headers['content-type']);
    const isJson = mediaTypeOf(type).includes('json');
    if (isJson && !/;\s*charset\s*=/i.test(type)) this.#headers['content-type'] = `${type}; charset=utf-8`;
    if (typeof payload === 'string') return Buffer.from(payload);
    const text = isJson ? this.#serialized(payload, type) : undefined;
    return typeof text === 'string' ? Buffer.from(text) : undefined;
  }

  /** By the schema of the route for this status and content type, by a serialiser of the application, or as JSON. */
  #serialized(payload: unknown, type: string): unknown {
    const reply = this.#reply;
    const ofType =
      reply.getSerializationFunction(String(this.statusCode), mediaTypeOf(type)) ??
      reply.getSerializationFunction(`${Math.floor(this.statusCode / 100)}xx`, mediaTypeOf(type));
    if (typeof ofType === 'function') return ofType(payload);
    // Which schema it takes depends on the status of the reply.
    const { statusCode } = reply.raw;
    reply.raw.statusCode = this.statusCode;
    try {
      return reply.serialize(payload);
    } finally {
      reply.raw.statusCode = statusCode;
    }
  }
}

function mediaTypeOf(type: string): string {
  return (type.split(';')[0] ?? '').trim().toLowerCase();
}
