import type { CallHandler } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { Platform } from './platform/platform.js';
import type { IncomingRequest } from './request.js';

/** A handler whose responses can never be cached. @internal */
export class UncachedRoute {
  readonly #platform: Platform;
  readonly #explain: () => void;

  constructor(platform: Platform, explain: () => void) {
    this.#platform = platform;
    this.#explain = explain;
  }

  intercept(_request: IncomingRequest, response: object, next: CallHandler): Observable<unknown> {
    this.#explain();
    if (!this.#platform.isSent(response)) this.#platform.setHeader(response, 'x-cache', 'BYPASS');
    return next.handle();
  }
}
