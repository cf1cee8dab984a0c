import { Agent } from 'node:http';
import { Logger } from '@nestjs/common';
import { Random } from '../../../tools/random.mjs';
import { ASKS, type Echo, ECHO_ROUTES, echoControllers } from './echo-routes.js';
import { ADAPTERS, type AdapterName, type Answered, HttpApplication } from './http-application.js';

export interface HttpFuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Called now and then with how many requests have been answered. */
  readonly progress?: ((answered: number) => void) | undefined;
}

export interface HttpFuzzFailure {
  readonly adapter: AdapterName;
  readonly problem: string;
  readonly request: FuzzRequest;
}

export interface HttpFuzzReport {
  readonly seed: number;
  readonly requests: number;
  /** By adapter: how many answers had each `X-Cache`, and how many were a 304. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly failures: readonly HttpFuzzFailure[];
}

interface FuzzRequest {
  readonly method: string;
  readonly route: string;
  readonly page: string | undefined;
  readonly path: string;
  readonly headers: Record<string, string>;
}

/** So many are under way at the same time, many of them with one key. */
const BATCH = 24;
const MOST_FAILURES = 20;
/** How many bodies a client remembers, to know what a 304 stands for. */
const MOST_BODIES = 50_000;

const USERS = ['ann', 'bob', 'eve', 'ann ', 'ANN', 'ann,bob'];
const VALUES = ['', 'de', 'de, en;q=0.5', 'DE', 'de ', '-', '=de', '2:de', '"de"', 'x'.repeat(700), 'ü', '0', 'null'];
const PAGES = [undefined, '', '1', '2', '01', '1%20', '%31', '1&x=2'];
const ODD: Readonly<Record<string, readonly string[]>> = {
  Range: ['bytes=0-1', 'x'],
  'If-Match': ['*', '"a"'],
  'If-Modified-Since': [new Date(0).toUTCString(), 'never', new Date(4e12).toUTCString()],
  'Cache-Control': ['no-cache', 'no-store', 'max-age=0', 'only-if-cached', 'private', '"', ','],
  Pragma: ['no-cache'],
  Accept: ['*/*', 'text/html', ''],
  'Accept-Encoding': ['gzip', 'identity;q=0'],
  'X-Forwarded-Host': ['evil.example'],
  'X-Http-Method-Override': ['POST'],
  Vary: ['*', 'X-User'],
  'Set-Cookie': ['a=b'],
  Age: ['1000'],
};

/** Sends requests of several users with every kind of header to both adapters, and looks for an answer that was for another one. */
export async function fuzzHttp({ requests, seed, progress }: HttpFuzzOptions): Promise<HttpFuzzReport> {
  Logger.overrideLogger(false);
  const random = new Random(seed);
  const failures: HttpFuzzFailure[] = [];
  const answers: Record<string, Record<string, number>> = {};
  let answered = 0;
  for (const adapter of ADAPTERS) {
    const app = await HttpApplication.start(adapter, {
      controllers: echoControllers(),
      agent: new Agent({ keepAlive: true }),
    });
    const client = new FuzzClient(adapter, app, random);
    answers[adapter] = client.counts;
    for (const until = answered + requests / ADAPTERS.length; answered < until; answered += BATCH) {
      const found = await client.sendBatch();
      failures.push(...found.slice(0, MOST_FAILURES - failures.length));
      if (answered % 1_000 < BATCH) progress?.(answered);
    }
    await app.app.close();
  }
  return { seed, requests: answered, answers, failures };
}

class FuzzClient {
  readonly counts: Record<string, number> = {};
  readonly #adapter: AdapterName;
  readonly #app: HttpApplication;
  readonly #random: Random;
  /** By `ETag`. */
  readonly #bodies = new Map<string, string>();

  constructor(adapter: AdapterName, app: HttpApplication, random: Random) {
    this.#adapter = adapter;
    this.#app = app;
    this.#random = random;
  }

  async sendBatch(): Promise<HttpFuzzFailure[]> {
    const random = this.#random;
    if (random.chance(0.3)) await this.#app.clock.advance(random.below(3_000));
    if (random.chance(0.1)) await this.#app.cache.evictTags('all');
    const favourite = this.#request(random.pick(ECHO_ROUTES).name);
    const batch = Array.from({ length: BATCH }, () =>
      random.chance(0.6) ? this.#like(favourite) : this.#request(random.pick(ECHO_ROUTES).name),
    );
    const received = await Promise.all(
      batch.map(async (request) => ({
        request,
        answer: await this.#app.send(request.method, request.path, request.headers),
      })),
    );
    return received.flatMap(({ request, answer }) => {
      const problem = this.#problemOf(request, answer);
      return problem === undefined ? [] : [{ adapter: this.#adapter, problem, request }];
    });
  }

  #request(route: string): FuzzRequest {
    const random = this.#random;
    const page = random.pick(PAGES);
    const headers: Record<string, string> = { 'X-User': random.pick(USERS) };
    if (random.chance(0.2)) headers['Authorization'] = `Bearer ${random.pick(USERS)}`;
    if (random.chance(0.2)) headers['Cookie'] = random.pick(['', `user=${random.pick(USERS)}`]);
    if (random.chance(0.5)) headers['X-Scope'] = random.pick(VALUES);
    if (random.chance(0.6)) headers['Accept-Language'] = random.pick(VALUES);
    if (random.chance(0.2)) headers['X-Ask'] = random.pick(ASKS);
    if (random.chance(0.3)) headers['Host'] = random.pick(['a.example', 'A.example', 'b.example', 'b.example:80']);
    if (random.chance(0.3)) headers['If-None-Match'] = this.#condition();
    if (random.chance(0.2)) {
      const name = random.pick(Object.keys(ODD));
      headers[name] = random.pick(ODD[name] ?? ['']);
    }
    const query = page === undefined ? '' : `?page=${page}`;
    return { method: random.chance(0.15) ? 'HEAD' : 'GET', route, page, path: `/${route}${query}`, headers };
  }

  /** The same resource, asked for by somebody else. */
  #like({ route, page, path }: FuzzRequest): FuzzRequest {
    return { ...this.#request(route), page, path };
  }

  #condition(): string {
    const random = this.#random;
    const known = [...this.#bodies.keys()].slice(-20);
    const tag = known.length > 0 && random.chance(0.7) ? random.pick(known) : '"none"';
    return random.pick([tag, `W/${tag}`, `"x", ${tag}`, '*', tag.slice(1)]);
  }

  #problemOf(request: FuzzRequest, { status, headers, text }: Answered): string | undefined {
    const count = (what: string): void => void (this.counts[what] = (this.counts[what] ?? 0) + 1);
    count(String(headers['x-cache']));
    count(String(status));
    if (request.headers['X-Ask'] === 'fail' && status === 500) return undefined;
    const tag = headers.etag;
    const isCached = headers['x-cache'] === 'HIT' || headers['x-cache'] === 'STALE';
    if (isCached && headers['set-cookie'] !== undefined) return 'a cached answer sets a cookie';
    if (text !== '' && tag !== undefined && this.#bodies.size < MOST_BODIES) this.#bodies.set(tag, text);
    // A client shows what it has of this tag.
    const shown = text === '' ? this.#bodies.get(tag ?? '') : text;
    if (shown === undefined) return undefined;
    if (status >= 500) return `status ${status}`;
    const echo: Echo = JSON.parse(shown);
    return foreignIn(echo, request);
  }
}

/** What in an answer was made for another request. */
function foreignIn(echo: Echo, { route, page, headers }: FuzzRequest): string | undefined {
  const counts = ECHO_ROUTES.find(({ name }) => name === route);
  // Node.js trims blanks around the value of a header.
  const own = (name: string): string | null => headers[name]?.trim() ?? null;
  if (echo.path !== `/${route}`) return `it is for ${echo.path}`;
  if (echo.user !== null && echo.user !== own('X-User')) return 'it is for another user';
  if (!counts?.scope && echo.authorization !== own('Authorization')) return 'it is for another Authorization';
  if (!counts?.scope && echo.cookie !== own('Cookie')) return 'it is for another cookie';
  const asked = page === undefined ? null : decodeURIComponent(page.split('&')[0] ?? '');
  if (echo.page !== asked) return 'it is another page';
  if (counts?.language && echo.language !== own('Accept-Language')) return 'it is in another language';
  if (counts?.scope && echo.scope !== own('X-Scope')) return 'it is for another scope';
  if (counts?.host && headers['Host'] !== undefined && echo.host !== headers['Host'].toLowerCase())
    return 'it is for another host';
  return undefined;
}
