import type { CallHandler } from '@nestjs/common';
import { of, type Observable } from 'rxjs';
import type { LoadContext } from '../cache/loading/load-context.js';
import { LoadInstructions } from '../cache/loading/load-context.js';
import type { SingleMethod } from '../cache/loading/single-load.js';
import { policiesIn } from '../cache/policies/load-policies.js';
import type { Region } from '../cache/region.js';
import { computedTtl } from '../cache/store-options.js';
import { unsafeCast } from '../common/unsafe-cast.js';
import { describeKind } from '../common/describe-value.js';
import { InvalidOptionsError, LoadTimeoutError } from '../errors.js';
import { Answer, type CacheResult } from './response/answer.js';
import { isNotModified } from './response/conditions.js';
import { DefaultControl } from './response/control.js';
import { Exchange, type HandlerRules, type Outcome } from './response/exchange.js';
import { obstacleIn } from './response/finished-response.js';
import type { AnyHttpCacheOptions } from './http-cache.options.js';
import type { Platform } from './platform/platform.js';
import { headerText, type HttpCacheRequest, type HttpCacheResponse, type IncomingRequest } from './request.js';
import { keyUrl, requestKey } from './request-key.js';
import { obstacleOf } from './request-obstacle.js';
import type { StoredResponse } from './response/stored-response.js';

/** What is known of a handler before its first request. @internal */
export interface RouteParts {
  /** Tells handlers that share a region apart. */
  readonly id: number;
  /** `Class.method` */
  readonly label: string;
  readonly region: Region;
  readonly options: AnyHttpCacheOptions;
  readonly rules: HandlerRules;
  readonly hasHosts: boolean;
  /** Which version of the handler a request asks for, where that is no header and not in the URL. */
  readonly versionOf: ((request: IncomingRequest) => string) | undefined;
  /** Says why a request was left alone, or a response not kept. */
  readonly explain: (reason: string) => void;
}

/** A request of which the response may be cached. */
interface Visit {
  readonly request: IncomingRequest;
  readonly response: object;
  readonly next: CallHandler;
  readonly scope: string | undefined;
  readonly keyed: readonly string[];
}

/**
 * One handler whose responses are cached.
 *
 * 1. A request that must not be answered with a response of another one, or is no plain `GET` or `HEAD`, goes to the handler.
 * 2. A fresh response under its key is sent as it is.
 * 3. Otherwise the request loads it, as every read of a region does: requests with the same key share one call of the handler. But what the
 *    handler gives is shared only once it is known that it may be. If not, it is for the request that has called it, and each of the others
 *    calls the handler itself.
 *
 * @internal
 */
export class Route {
  readonly #parts: RouteParts;
  readonly #platform: Platform;
  readonly #method: SingleMethod;
  readonly #control: DefaultControl;
  readonly #query: ReadonlySet<string> | undefined;

  constructor(parts: RouteParts) {
    const { label, options, region, rules } = parts;
    const { ttl, tags, query } = options;
    this.#parts = parts;
    this.#platform = rules.platform;
    this.#query = query && new Set(query);
    this.#method = region.methodOf((exchange, context) => this.#load(unsafeCast(exchange), context), {
      ...policiesIn(options),
      where: label,
      ttl: typeof ttl === 'function' ? undefined : ttl,
      tags: typeof tags === 'function' ? undefined : tags,
    });
    this.#control = new DefaultControl(this.#method.policy);
  }

  /** Answers a request, or lets the handler do so. */
  intercept(
    request: IncomingRequest,
    response: object,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const scope = this.#scopeOf(request);
    const obstacle = obstacleOf(request, scope, this.#parts.options) ?? this.#obstacleIn(response, scope !== undefined);
    if (obstacle !== undefined) return this.#bypass(response, next, obstacle);
    const { list: keyed } = this.#parts.rules.varyNames;
    const key = this.#keyOf(request, scope, keyed);
    const { region } = this.#parts;
    const found = region.found(key);
    const visit = { request, response, next, scope, keyed };
    if (found === undefined) return this.#miss(visit, key);
    const { loadedAt, expiresAt } = found;
    const now = region.clock.now();
    return of(this.#answer(visit, unsafeCast(found.value), 'HIT', now - loadedAt, expiresAt - now));
  }

  #bypass(response: object, next: CallHandler, reason: string): Observable<unknown> {
    this.#parts.explain(reason);
    this.#mark(response, 'BYPASS');
    return next.handle();
  }

  async #miss(visit: Visit, key: string): Promise<Observable<unknown>> {
    const { region, rules } = this.#parts;
    const { request, response, next, keyed, scope } = visit;
    const exchange = new Exchange({ request, response, next, keyed, hasScope: scope !== undefined }, rules);
    const known = region.state.store.peek(key);
    let stored: StoredResponse | undefined;
    try {
      stored = unsafeCast(await region.load(key, this.#method.recipe(exchange)));
    } catch (error) {
      // Of a load that another request has begun, the error is not passed on: it may be about that request.
      const isOwn = exchange.hasBegun && exchange.outcome?.kind !== 'returned';
      if (isOwn || error instanceof LoadTimeoutError) {
        this.#mark(response, 'BYPASS');
        throw error;
      }
    }
    if (!stored) return of(this.#own(visit, exchange.outcome ?? (await exchange.run())));
    const now = region.clock.now();
    if (known && isSame(known.value, stored)) {
      if (exchange.hasBegun) exchange.undo();
      const rest = known.expiresAt - now;
      return of(this.#answer(visit, stored, rest > 0 ? 'HIT' : 'STALE', now - known.loadedAt, rest));
    }
    const entry = region.state.store.peek(key);
    const rest = entry && isSame(entry.value, stored) ? entry.expiresAt - now : undefined;
    return of(this.#answer(visit, stored, 'MISS', undefined, rest));
  }

  /** What the handler has given for this request, and for no other. */
  #own(visit: Visit, outcome: Outcome): unknown {
    if (outcome.kind === 'finished') return this.#answer(visit, outcome.response, 'MISS', undefined, undefined);
    this.#parts.explain(outcome.reason);
    this.#mark(visit.response, 'BYPASS');
    if (outcome.kind === 'thrown') throw outcome.error;
    return outcome.body;
  }

  /** The loader: what may not be kept is `undefined`, and stays with the exchange. */
  async #load(exchange: Exchange, context: LoadContext): Promise<StoredResponse | undefined> {
    const isInBackground = context instanceof LoadInstructions && context.isInBackground;
    const outcome = await (isInBackground ? exchange.runAgain() : exchange.run());
    if (outcome.kind === 'finished') {
      this.#describe(exchange, outcome.response, outcome.body, context);
      return outcome.response;
    }
    // So that `staleIfError` has its say.
    if (outcome.isFailure) throw outcome.kind === 'thrown' ? outcome.error : new Error(outcome.reason);
    context.skip();
    return undefined;
  }

  #describe({ parts: { request } }: Exchange, stored: StoredResponse, body: unknown, context: LoadContext): void {
    const { ttl, tags } = this.#parts.options;
    if (typeof ttl !== 'function' && typeof tags !== 'function') return;
    const { status, headers } = stored;
    const response: HttpCacheResponse = { status, headers, body };
    const given: HttpCacheRequest = unsafeCast(request);
    if (typeof ttl === 'function') {
      const lifetime = computedTtl(ttl(given, response), `${this.#parts.label}: ttl`);
      if (lifetime !== undefined) context.setTtl(lifetime);
    }
    if (typeof tags === 'function') context.setTags(tags(given, response));
  }

  /** @param rest - for how long it stays fresh, in ms; `undefined`: it is not kept */
  #answer(
    visit: Visit,
    stored: StoredResponse,
    result: CacheResult,
    age: number | undefined,
    rest: number | undefined,
  ): unknown {
    const { request, response, scope } = visit;
    const control =
      this.#parts.options.control ??
      stored.headers['cache-control'] ??
      this.#platform.header(response, 'cache-control') ??
      this.#control.text(scope !== undefined, rest);
    const answer = new Answer({
      stored,
      result,
      age: age === undefined ? undefined : Math.max(0, Math.floor(age / 1_000)),
      control: headerText(control),
      isNotModified: isNotModified(request, stored),
      isHead: request.method === 'HEAD',
    });
    // Nest sends a redirect itself.
    if (stored.location !== undefined)
      answer.eachHeader(this.#platform.header(response, 'vary'), (name, value) =>
        this.#platform.setHeader(response, name, String(value)),
      );
    return answer;
  }

  #mark(response: object, result: CacheResult): void {
    if (!this.#platform.isSent(response)) this.#platform.setHeader(response, 'x-cache', result);
  }

  #obstacleIn(response: object, hasScope: boolean): string | undefined {
    const platform = this.#platform;
    if (platform.isSent(response)) return 'the response was sent before the handler';
    return (
      obstacleIn(platform.header(response, 'set-cookie'), platform.header(response, 'cache-control'), hasScope) ??
      this.#parts.rules.varyNames.add(platform.header(response, 'vary'))
    );
  }

  #keyOf(request: IncomingRequest, scope: string | undefined, vary: readonly string[]): string {
    const { id, label, options, versionOf, hasHosts } = this.#parts;
    const given = options.key?.(unsafeCast(request));
    const routed = this.#platform.routedUrl(request);
    const { originalUrl } = request;
    const isRewritten = originalUrl !== undefined && originalUrl !== routed;
    const parts = {
      route: id,
      given,
      host: hasHosts ? (request.host ?? '').toLowerCase() : undefined,
      url: keyUrl(routed, this.#query),
      originalUrl: isRewritten ? keyUrl(originalUrl, this.#query) : undefined,
      version: versionOf?.(request),
      scope,
      vary,
    };
    return requestKey(request, parts, label);
  }

  #scopeOf(request: IncomingRequest): string | undefined {
    const { options, label } = this.#parts;
    const scope: unknown = options.scope?.(unsafeCast(request));
    if (scope === undefined || typeof scope === 'string') return scope;
    throw new InvalidOptionsError(
      `${label}: scope returned ${describeKind(scope)}; allowed: a string, or undefined for a request that shares nothing. It must not be asynchronous.`,
    );
  }
}

/** Whether both are the same response; of clones, neither is the other. */
function isSame(one: unknown, other: StoredResponse): boolean {
  if (one === other) return true;
  const stored: StoredResponse = unsafeCast(one);
  return stored.madeAt === other.madeAt && stored.headers['etag'] === other.headers['etag'];
}
