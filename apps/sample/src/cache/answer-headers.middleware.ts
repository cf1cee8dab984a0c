import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { NextFunction, Request, Response } from 'express';
import { DistributedCache } from 'nestjs-distributed-cache';
import { CopyAges } from './copy-ages.js';

/**
 * Adds headers to each response:
 *
 * - `X-Instance`: the port of the instance that answered.
 * - `X-Cache`, if the request read from the cache: `HIT` if every value was in memory, `MISS` if the request had to wait for the database.
 *   A request that waits for a load that another one started is a `MISS` too.
 * - `Age`, if a product was in memory: how many seconds ago it was read from the database.
 */
@Injectable()
export class AnswerHeaders implements NestMiddleware {
  // The cache emits `hit` and `miss` during the call that reads, so the store holds the response of the request that made it.
  readonly #responses = new AsyncLocalStorage<Response>();
  readonly #instance: string;

  constructor(cache: DistributedCache, config: ConfigService, ages: CopyAges) {
    this.#instance = config.get<string>('PORT', '3000');
    cache.on('hit', ({ region, key }) => this.#say('HIT', ages.ageOf(region, key)));
    cache.on('miss', () => this.#say('MISS'));
  }

  use(_request: Request, response: Response, next: NextFunction): void {
    response.setHeader('X-Instance', this.#instance);
    this.#responses.run(response, next);
  }

  #say(outcome: 'HIT' | 'MISS', age?: number): void {
    const response = this.#responses.getStore();
    if (response === undefined || response.headersSent) return;
    if (age !== undefined) response.setHeader('Age', Math.floor(age / 1_000));
    if (outcome === 'MISS' || !response.hasHeader('X-Cache')) response.setHeader('X-Cache', outcome);
  }
}
