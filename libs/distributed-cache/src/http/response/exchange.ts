import { HttpException, HttpStatus, type CallHandler } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { lastValueFrom } from 'rxjs';
import { uncacheableKind } from '../../cache/uncacheable.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { finishedResponse, type KeepingRules } from './finished-response.js';
import type { Redirect } from '../handler-metadata.js';
import type { Headers, IncomingRequest } from '../request.js';
import type { StoredResponse } from './stored-response.js';
import { thrownResponse } from './thrown-response.js';

/** What has become of one call of a handler. @internal */
export type Outcome =
  /** A response that may be kept; `body`: what it was made of. */
  | { readonly kind: 'finished'; readonly response: StoredResponse; readonly body: unknown }
  /** What the handler has returned, which Nest is to send; `reason`: why it is not kept. */
  | { readonly kind: 'returned'; readonly body: unknown; readonly reason: string; readonly isFailure: boolean }
  /** The handler has thrown, and its error is not kept. */
  | { readonly kind: 'thrown'; readonly error: unknown; readonly reason: string; readonly isFailure: boolean };

/** What is the same for all requests to one handler. @internal */
export interface HandlerRules extends KeepingRules {
  /** Whether the statuses of errors count as well. */
  readonly keepsErrors: boolean;
  /** The exception filters of the handler and its controller. */
  readonly filters: readonly unknown[];
  readonly config: ApplicationConfig;
  /** Where `@Redirect` leads to. */
  readonly redirect: Redirect | undefined;
}

/** A request whose handler may have to be called. @internal */
export interface ExchangeParts {
  readonly request: IncomingRequest;
  readonly response: object;
  readonly next: CallHandler;
  /** The request headers that are part of the key, by their names in lower case. */
  readonly keyed: readonly string[];
  readonly hasScope: boolean;
}

/** The statuses from here on say that the server has failed. */
const LEAST_FAILURE = 500;

/** How long a handler that runs in the background waits until the response of its request was sent, in ms. */
const LONGEST_ANSWER = 1_000;

/** One request to a handler, with everything that it takes to call the handler. @internal */
export class Exchange {
  /** What the handler has given for this request; `undefined`: it was not called for it, or has not ended. */
  outcome: Outcome | undefined;
  /** Whether the handler was called for this request. */
  hasBegun = false;
  readonly parts: ExchangeParts;
  readonly #rules: HandlerRules;
  /** As they were before the handler. */
  readonly #headers: Headers;
  readonly #status: number;

  constructor(parts: ExchangeParts, rules: HandlerRules) {
    const { platform } = rules;
    this.parts = parts;
    this.#rules = rules;
    this.#headers = platform.headers(parts.response);
    this.#status = platform.status(parts.response);
  }

  /** Calls the handler for this request. */
  async run(): Promise<Outcome> {
    const { platform } = this.#rules;
    const { response } = this.parts;
    this.hasBegun = true;
    const outcome = await this.#call(() => platform.headers(response));
    return (this.outcome = outcome);
  }

  /** Takes back what the handler has done to the response. */
  undo(): void {
    this.#rules.platform.rewind(this.parts.response, this.#status, this.#headers);
  }

  /**
   * Calls the handler once more, because a load policy wants its result. What it does to the response must not reach the client of this
   * request: so it waits until that was answered.
   */
  async runAgain(): Promise<Outcome> {
    const { platform } = this.#rules;
    const { response } = this.parts;
    await this.#answered();
    const canSetHeaders = platform.rewind(response, this.#status, this.#headers);
    return this.#call(() => (canSetHeaders ? platform.headers(response) : this.#headers));
  }

  async #answered(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    // A response that waits behind others on its connection may never be sent.
    const longest = new Promise<void>((resolve) => (timer = setTimeout(resolve, LONGEST_ANSWER)));
    await Promise.race([this.#rules.platform.over(this.parts.response), longest]);
    clearTimeout(timer);
  }

  async #call(headersAfter: () => Headers): Promise<Outcome> {
    const { platform } = this.#rules;
    const { response, next } = this.parts;
    const wasSent = platform.isSent(response);
    let body: unknown;
    try {
      body = await lastValueFrom(next.handle());
    } catch (error) {
      return this.#thrown(error, headersAfter());
    }
    const hasSent = platform.isSent(response) && !wasSent;
    if (hasSent) return { kind: 'returned', body, reason: 'the handler sends its response itself', isFailure: false };
    return this.#returned(body, headersAfter());
  }

  #returned(body: unknown, after: Headers): Outcome {
    const { redirect, platform } = this.#rules;
    const status = redirect ? redirectStatus(redirect, body) : platform.status(this.parts.response);
    const isFailure = status >= LEAST_FAILURE;
    const kind = uncacheableKind(body);
    if (kind !== undefined) return { kind: 'returned', body, reason: `the handler returns ${kind}`, isFailure };
    const finished = redirect
      ? this.#finished(status, undefined, after, redirectUrl(redirect, body))
      : this.#finished(status, body, after);
    if (typeof finished === 'string') return { kind: 'returned', body, reason: finished, isFailure };
    return { kind: 'finished', response: finished, body };
  }

  #thrown(error: unknown, after: Headers): Outcome {
    const { keepsErrors, filters, config } = this.#rules;
    const thrown = keepsErrors ? thrownResponse(error, filters, config) : undefined;
    const isFailure = isFailureOfServer(error);
    if (!thrown) return { kind: 'thrown', error, reason: 'the handler throws an error', isFailure };
    const finished = this.#finished(thrown.status, thrown.body, after);
    if (typeof finished === 'string') return { kind: 'thrown', error, reason: finished, isFailure };
    return { kind: 'finished', response: finished, body: thrown.body };
  }

  #finished(status: number, body: unknown, after: Headers, location?: string): StoredResponse | string {
    const { response, keyed, hasScope } = this.parts;
    const handled = { status, body, location, before: this.#headers, after, response, keyed, hasScope };
    try {
      return finishedResponse(handled, this.#rules);
    } catch {
      // The framework is given the body now, and throws the same where its application expects that.
      return 'its body cannot be serialised';
    }
  }
}

/** "Not found" and "forbidden" are answers: no old response takes their place. RFC 5861 names the statuses of failures, which are all above 499. */
function isFailureOfServer(error: unknown): boolean {
  return !(error instanceof HttpException) || error.getStatus() >= LEAST_FAILURE;
}

function redirectStatus(redirect: Redirect, returned: unknown): number {
  const { statusCode } = redirectIn(returned);
  return statusCode || redirect.statusCode || HttpStatus.FOUND;
}

function redirectUrl(redirect: Redirect, returned: unknown): string {
  return redirectIn(returned).url || (redirect.url ?? '');
}

/** What a handler with `@Redirect` has returned, as Nest reads it. */
function redirectIn(returned: unknown): Redirect {
  return typeof returned === 'object' && returned !== null ? unsafeCast(returned) : {};
}
