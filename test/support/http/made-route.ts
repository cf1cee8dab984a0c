import { Controller, Get, Req, Res, type Type } from '@nestjs/common';
import {
  HttpCache,
  type HttpCacheOptions,
  type HttpCacheRequest,
} from '../../../libs/distributed-cache/src/http/index.js';

/** What handlers do with a response, in the way that both frameworks know. */
export interface MadeResponse {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
}

/** @param calls - how often the handler was called, this call included */
export type Handle = (calls: number, request: HttpCacheRequest, response: MadeResponse) => unknown;

export interface MadeRoute {
  readonly controller: Type;
  /** How often its handler was called. */
  readonly calls: () => number;
}

/**
 * A controller of which one handler is cached, and answers `{ calls: 1 }`, `{ calls: 2 }`, …
 *
 * @param decorate - further decorators of the handler
 */
export function madeRoute(
  path: string,
  options: HttpCacheOptions = {},
  handle: Handle = (calls) => ({ calls }),
  decorate: readonly MethodDecorator[] = [],
): MadeRoute {
  let calls = 0;

  @Controller()
  class MadeController {
    @HttpCache(options)
    @Get(path)
    answer(@Req() request: HttpCacheRequest, @Res({ passthrough: true }) response: MadeResponse): unknown {
      calls += 1;
      return handle(calls, request, response);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(MadeController.prototype, 'answer') ?? {};
  for (const each of decorate) each(MadeController.prototype, 'answer', descriptor);
  return { controller: MadeController, calls: () => calls };
}
