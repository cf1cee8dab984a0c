import 'reflect-metadata';
import { type Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type DynamicModule, type INestApplication, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  DistributedCache,
  DistributedCacheModule,
  type DistributedCacheOptions,
} from '../../../libs/distributed-cache/src/index.js';
import { ManualClock } from '../../../libs/distributed-cache/src/testing/index.js';

export type AdapterName = 'express' | 'fastify';

export const ADAPTERS: readonly AdapterName[] = ['express', 'fastify'];

/** A response, as it came over the wire. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface HttpApplicationOptions {
  readonly controllers: Type[];
  readonly providers?: Provider[];
  readonly imports?: DynamicModule[];
  /** Sends the requests. Default: each has a connection of its own. */
  readonly agent?: Agent;
  readonly cache?: DistributedCacheOptions;
  /** Called before the application is initialised: for middleware, versioning and the like. */
  readonly prepare?: (app: INestApplication) => void | Promise<void>;
}

/** A Nest application that listens on a free port of this machine. */
export class HttpApplication {
  readonly app: INestApplication;
  readonly clock: ManualClock;
  readonly adapter: AdapterName;
  readonly #port: number;
  readonly #agent: Agent | undefined;

  constructor(app: INestApplication, clock: ManualClock, adapter: AdapterName, port: number, agent?: Agent) {
    this.app = app;
    this.clock = clock;
    this.adapter = adapter;
    this.#port = port;
    this.#agent = agent;
  }

  /** Starts an application in local mode, by a manual clock and without jitter. */
  static async start(adapter: AdapterName, options: HttpApplicationOptions): Promise<HttpApplication> {
    const clock = new ManualClock();
    const { controllers, providers = [], imports = [], cache, prepare, agent } = options;

    @Module({
      imports: [
        DistributedCacheModule.forRoot({ redisConnectionString: '', ttl: '1m', ttlJitter: 0, clock, ...cache }),
        ...imports,
      ],
      controllers,
      providers,
    })
    class ApplicationModule {}

    const quiet = { logger: false, abortOnError: false } as const;
    const app: INestApplication =
      adapter === 'express'
        ? await NestFactory.create(ApplicationModule, new ExpressAdapter(), quiet)
        : await NestFactory.create<NestFastifyApplication>(ApplicationModule, new FastifyAdapter(), quiet);
    await prepare?.(app);
    await app.listen(0, '127.0.0.1');
    const server: { address(): AddressInfo } = app.getHttpServer();
    return new HttpApplication(app, clock, adapter, server.address().port, agent);
  }

  /** Its address, for what sends its requests itself. */
  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get cache(): DistributedCache {
    return this.app.get(DistributedCache);
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answered> {
    return this.send('GET', path, headers);
  }

  head(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answered> {
    return this.send('HEAD', path, headers);
  }

  send(method: string, path: string, headers: OutgoingHttpHeaders = {}): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const agent = this.#agent;
      const to = { host: '127.0.0.1', port: this.#port, method, path, headers, ...(agent && { agent }) };
      const request = httpRequest(to, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() });
        });
      });
      request.on('error', reject);
      request.end();
    });
  }
}
