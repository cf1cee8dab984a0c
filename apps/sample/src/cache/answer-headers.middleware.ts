import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { NextFunction, Request, Response } from 'express';
import { DistributedCache } from 'nestjs-distributed-cache';

/**
 * Says in each answer which instance gave it (`X-Instance`, its port) and, when a cached read was part of it, whether the cache had
 * the value (`X-Cache: HIT`) or this call had to wait for the source (`X-Cache: MISS`).
 *
 * A call that joins the running load of another waits for the source as well: it is a miss. Of several reads, one miss is enough.
 */
@Injectable()
export class AnswerHeaders implements NestMiddleware {
  // The cache says `hit` and `miss` inside the call that reads, so the store here is the response of that very request.
  readonly #responses = new AsyncLocalStorage<Response>();
  readonly #instance: string;

  constructor(cache: DistributedCache, config: ConfigService) {
    this.#instance = config.get<string>('PORT', '3000');
    cache.on('hit', () => this.#say('HIT'));
    cache.on('miss', () => this.#say('MISS'));
  }

  use(_request: Request, response: Response, next: NextFunction): void {
    response.setHeader('X-Instance', this.#instance);
    this.#responses.run(response, next);
  }

  #say(outcome: 'HIT' | 'MISS'): void {
    const response = this.#responses.getStore();
    if (response === undefined || response.headersSent) return;
    if (outcome === 'MISS' || !response.hasHeader('X-Cache')) response.setHeader('X-Cache', outcome);
  }
}
