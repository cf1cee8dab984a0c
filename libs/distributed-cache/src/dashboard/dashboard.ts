import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { systemClock } from '../common/clock.js';
import type { CacheLogger } from '../common/logger.js';
import { unsafeCast } from '../common/unsafe-cast.js';
import { DistributedCacheError, InvalidKeyError, InvalidOptionsError } from '../errors.js';
import { lifecyclesIn } from '../module/distributed-cache.lifecycle.js';
import { numberIn, propertyOf } from '../observer/answer-figures.js';
import type { InvalidationTarget } from '../protocol/invalidation.js';
import type { Answer } from '../protocol/question.js';
import type { DashboardAccess, DashboardGuard } from './dashboard.options.js';
import { EventStream } from './http/event-stream.js';
import { evictionIn, keyIn } from './http/eviction-request.js';
import type { EvictAnswer, Hello, HolderView, RefusedAnswer, WhereAnswer } from './frame.js';
import { PageFiles, type PageFile } from './http/page-files.js';
import { foreignOriginOf } from './http/same-origin.js';
import { shownName } from './shown.js';
import { Watch } from './watch.js';
import { jsonBodyOf, pathOf, takenOver, type WebRequest } from './http/web.js';

/** For so long, in ms, a viewer is not asked again whether it may look. Then the page connects anew. */
const VIEW_LASTS = 300_000;

/** Nothing but the files of the page itself, and no page of another origin around it. */
const POLICY = [
  "default-src 'none'",
  ...['script-src', 'style-src', 'img-src', 'connect-src', 'frame-ancestors'].map((what) => `${what} 'self'`),
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** @internal */
export interface DashboardParts {
  /** Of the cache that is shown; `undefined`: the unnamed one. */
  readonly name: string | undefined;
  readonly path: string;
  readonly access: DashboardAccess;
  readonly host: HttpAdapterHost;
  readonly modules: ModulesContainer;
  readonly logger: CacheLogger;
}

/** Answers the requests of the page, for those who may, while the application runs. @internal */
export class Dashboard implements OnModuleInit, OnModuleDestroy {
  readonly #parts: DashboardParts;
  readonly #files = new PageFiles();
  #shown: { readonly cache: DistributedCache; readonly watch: Watch } | undefined;

  constructor(parts: DashboardParts) {
    this.#parts = parts;
  }

  /** @throws {InvalidOptionsError} when there is no such cache */
  async onModuleInit(): Promise<void> {
    const { name, path, access, modules, logger } = this.#parts;
    if (this.#shown) return;
    const lifecycle = lifecyclesIn(modules).find((each) => each.name === name);
    if (!lifecycle) {
      const [which, options] = name === undefined ? ['no cache', ''] : [`no cache '${name}'`, `{ name: '${name}' }`];
      throw new InvalidOptionsError(
        `DistributedCacheDashboardModule: this application has ${which}. Import DistributedCacheModule.forRoot(${options}), or correct the name.`,
      );
    }
    const { cache } = lifecycle;
    this.#shown = { cache, watch: new Watch({ cache, bridge: await lifecycle.bridge(), clock: systemClock, logger }) };
    const who = access.canView ? '' : ' Everybody who reaches the application can look at it: canView is not set.';
    logger.log(`The dashboard is at ${path}.${who}`);
  }

  /** The shutdown of the server, which comes after this, waits for all requests. */
  onModuleDestroy(): void {
    this.#shown?.watch.close();
  }

  async page(request: WebRequest, response: object): Promise<void> {
    if (!(await this.#mayView(request, response))) return;
    this.#sendFile(response, await this.#files.page(pathOf(request)));
  }

  async asset(request: WebRequest, response: object, name: string): Promise<void> {
    if (!(await this.#mayView(request, response))) return;
    const file = await this.#files.asset(name);
    if (!file) return this.#refuse(response, 404, 'There is no such file.');
    // Its name holds a hash of its content.
    this.#sendFile(response, file, { 'cache-control': 'private, max-age=31536000, immutable' });
  }

  async events(request: WebRequest, response: object): Promise<void> {
    if (!(await this.#mayView(request, response))) return;
    // Whom it refuses by an error may look all the same.
    const canEvict = await this.#allows(this.#parts.access.canEvict, request, false).catch(() => false);
    const { cache, watch } = this.#running;
    const { instanceId, namespace } = cache.status();
    const hello: Hello = { self: instanceId, namespace, canEvict };
    const stream = new EventStream(takenOver(response), systemClock);
    stream.send('hello', JSON.stringify(hello));
    watch.view(stream);
    const cancel = systemClock.schedule(() => stream.close(), VIEW_LASTS);
    stream.onClose(cancel);
  }

  async where(request: WebRequest, response: object): Promise<void> {
    if (!(await this.#mayView(request, response)) || this.#isForeign(request, response)) return;
    await this.#answer(response, async (): Promise<WhereAnswer> => {
      const { region, key } = keyIn(await jsonBodyOf(request));
      const answers = await this.#running.watch.where(region, key);
      return { instances: answers.map(holderIn) };
    });
  }

  async evict(request: WebRequest, response: object): Promise<void> {
    if (!(await this.#mayView(request, response)) || this.#isForeign(request, response)) return;
    const { access, logger } = this.#parts;
    if (!(await this.#allows(access.canEvict, request, false)))
      return this.#refuse(response, 403, 'You may look, and not evict.');
    await this.#answer(response, async (): Promise<EvictAnswer> => {
      const target = evictionIn(await jsonBodyOf(request));
      logger.log(`Somebody evicts ${described(target)} by the dashboard.`);
      const { delivered } = await this.#running.cache.evictTargets([target]);
      return { delivered };
    });
  }

  get #running(): { readonly cache: DistributedCache; readonly watch: Watch } {
    if (this.#shown) return this.#shown;
    throw new Error('The dashboard is used before its application was initialised.');
  }

  async #mayView(request: WebRequest, response: object): Promise<boolean> {
    if (await this.#allows(this.#parts.access.canView, request, true)) return true;
    this.#refuse(response, 403, 'You may not look at this page.');
    return false;
  }

  /** @param otherwise - the answer without a guard */
  async #allows(guard: DashboardGuard | undefined, request: WebRequest, otherwise: boolean): Promise<boolean> {
    if (!guard) return otherwise;
    // Written in JavaScript, it may return anything.
    const answer: unknown = await guard(unsafeCast(request));
    return answer === true;
  }

  #isForeign(request: WebRequest, response: object): boolean {
    const why = foreignOriginOf(request);
    if (why !== undefined) this.#refuse(response, 403, why);
    return why !== undefined;
  }

  async #answer(response: object, make: () => Promise<object>): Promise<void> {
    try {
      this.#send(response, JSON.stringify(await make()), 200, 'application/json; charset=utf-8');
    } catch (error) {
      if (!(error instanceof DistributedCacheError)) throw error;
      const isMistake = error instanceof InvalidKeyError || error instanceof InvalidOptionsError;
      this.#refuse(response, isMistake ? 400 : 503, error.message);
    }
  }

  #refuse(response: object, status: number, error: string): void {
    const answer: RefusedAnswer = { error };
    this.#send(response, JSON.stringify(answer), status, 'application/json; charset=utf-8');
  }

  #sendFile(response: object, { type, text }: PageFile, headers?: Readonly<Record<string, string>>): void {
    this.#send(response, text, 200, type, headers);
  }

  #send(
    response: object,
    body: string,
    status: number,
    type: string,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    const { httpAdapter } = this.#parts.host;
    for (const [name, value] of Object.entries({ ...HEADERS, ...headers, 'content-type': type }))
      httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, body, status);
  }
}

function holderIn({ from, entry }: Answer): HolderView {
  const tags = propertyOf(entry, 'tags');
  return {
    id: shownName(from),
    isHeld: typeof entry === 'object' && entry !== null,
    age: numberIn(entry, 'age'),
    left: numberIn(entry, 'left'),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
  };
}

/** Without a key or a tag: they may say something of a person. */
function described(target: InvalidationTarget): string {
  switch (target.kind) {
    case 'everything':
      return 'everything';
    case 'region':
      return `region '${target.region}'`;
    case 'tag':
      return 'a tag';
    case 'key':
      return `a key of region '${target.region}'`;
  }
}
