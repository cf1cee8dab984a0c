import type { IncomingHttpHeaders } from 'node:http';
import { env } from 'node:process';
import { describeValue } from '../common/describe-value.js';
import { InvalidOptionsError } from '../errors.js';

/**
 * What `canView` and `canEvict` are given: the request of Express or Fastify, of which this names what both have. Annotate the parameter to
 * see more of it: `canView: (request: Request) => request.user?.isOperator === true`.
 *
 * @publicApi
 */
export interface DashboardRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly [property: string]: unknown;
}

/**
 * Decides about a request. Only `true`, or a promise of it, allows; an error that it throws is answered as an error of a controller is.
 *
 * @publicApi
 */
export type DashboardGuard<Request extends object = DashboardRequest> = (
  request: Request,
) => boolean | PromiseLike<boolean>;

/** Who may use the dashboard. @publicApi */
export interface DashboardAccess<Request extends object = DashboardRequest> {
  /**
   * Who may look: at the page, at its figures and at which instances hold a key. Others get 403. It is asked for every request, and once in
   * five minutes for a page that stays open.
   *
   * @default everybody; with `NODE_ENV=production` the application does not start without it
   */
  canView?: DashboardGuard<Request> | undefined;
  /**
   * Who may also evict. Others do not see the form, and get 403.
   *
   * @default nobody
   */
  canEvict?: DashboardGuard<Request> | undefined;
}

/** What Nest needs to know before it runs any factory. @publicApi */
export interface DashboardPlace {
  /**
   * Where the page is, below the global prefix of the application.
   *
   * @default '/cache'
   */
  path?: string | undefined;
  /**
   * The cache that is shown, by the name given to `DistributedCacheModule.forRoot({ name })`. Register the module once for each cache, each at
   * a path of its own.
   *
   * @default the unnamed cache
   */
  name?: string | undefined;
}

/** Where the dashboard is, which cache it shows, and who may use it. @publicApi */
export interface DashboardOptions<Request extends object = DashboardRequest>
  extends DashboardAccess<Request>, DashboardPlace {}

const DEFAULT_PATH = '/cache';
const OF_PLACE: readonly string[] = ['path', 'name'];
const OF_ACCESS: readonly string[] = ['canView', 'canEvict'];

/**
 * The path as it is registered.
 *
 * @throws {InvalidOptionsError} when it is not one fixed path
 *
 * @internal
 */
export function checkedPath(path: unknown = DEFAULT_PATH): string {
  if (typeof path === 'string' && /^\/?[\w.~/-]*$/.test(path)) return path;
  throw new InvalidOptionsError(
    `DistributedCacheDashboardModule: path: ${describeValue(path)} is not allowed; allowed: a path without parameters, such as '/cache'.`,
  );
}

/**
 * @throws {InvalidOptionsError} when an option is unknown or no function, and in production when `canView` is missing
 *
 * @internal
 */
export function checkAccess(given: object, path: string): DashboardAccess {
  for (const [name, value] of Object.entries(given)) {
    if (OF_PLACE.includes(name)) continue;
    if (!OF_ACCESS.includes(name))
      throw new InvalidOptionsError(
        `DistributedCacheDashboardModule: there is no option '${name}'; there are ${[...OF_PLACE, ...OF_ACCESS].join(', ')}.`,
      );
    if (value !== undefined && typeof value !== 'function')
      throw new InvalidOptionsError(
        `DistributedCacheDashboardModule: ${name}: ${describeValue(value)} is not allowed; allowed: a function of the request that returns true or false.`,
      );
  }
  const access: DashboardAccess = given;
  if (access.canView === undefined && isProduction())
    throw new InvalidOptionsError(
      `DistributedCacheDashboardModule: in production (NODE_ENV=production) the dashboard at ${path} needs canView, or everybody could look at it. ` +
        'Give canView: (request) => …, which returns true for those who may.',
    );
  return access;
}

function isProduction(): boolean {
  return (env['NODE_ENV'] ?? '').trim().toLowerCase() === 'production';
}
