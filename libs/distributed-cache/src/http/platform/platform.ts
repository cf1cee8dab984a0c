import type { Answer } from '../response/answer.js';
import type { HeaderValue, Headers, IncomingRequest } from '../request.js';
import type { RenderedResponse } from '../response/stored-response.js';

/** Sends a body as the adapter of Nest does. @internal */
export type Reply = (response: object, body: unknown, status?: number) => unknown;

/**
 * What the library does with the responses of one framework. A response is that of Express, or the reply of Fastify.
 *
 * @internal
 */
export interface Platform {
  /** Where the router has found the request: its path and query, after everything that has rewritten them. */
  routedUrl(request: IncomingRequest): string;
  status(response: object): number;
  /** All headers, by their names in lower case. */
  headers(response: object): Headers;
  header(response: object, name: string): HeaderValue | undefined;
  setHeader(response: object, name: string, value: string): void;
  /** Whether something was sent already. */
  isSent(response: object): boolean;
  /** Resolves when the response was sent, or its connection is gone. */
  over(response: object): Promise<void>;
  /**
   * Makes a response look as it did before its handler.
   *
   * @returns whether a handler can set headers now; if it was sent, that depends on the framework
   */
  rewind(response: object, status: number, headers: Headers): boolean;
  /**
   * The bytes that the adapter would send for `body`, and the headers that it would add.
   *
   * @param response - whose application and route decide it; it is not touched
   * @returns `undefined`: it cannot be told
   * @throws what the framework throws for a body that cannot be serialised
   */
  render(response: object, status: number, headers: Headers, body: unknown): RenderedResponse | undefined;
  /** Sends an answer. */
  write(response: object, answer: Answer): unknown;
}
