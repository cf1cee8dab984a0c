import type { InjectionToken } from '@nestjs/common';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { resultOnceDelivered } from '../cache/loading/put.js';
import { unsafeCast } from '../common/unsafe-cast.js';
import type { Unchecked } from './method-types.js';

/** What an adapter of `@nestjs-cls/transactional` gives. @inline */
interface TransactionRunner {
  /** Begins a transaction, runs a callback in it, and commits or rolls back. */
  wrapWithTransaction(...args: Unchecked[]): Promise<Unchecked>;
  /** The same within a transaction that is open. */
  wrapWithNestedTransaction?(...args: Unchecked[]): Promise<Unchecked>;
}

/** An adapter of `@nestjs-cls/transactional`, of whatever database library. @publicApi */
export interface HoldableAdapter {
  /** What the adapter has Nest inject beside the connection. */
  extraProviderTokens?: InjectionToken[];
  /** Makes what begins, commits and rolls back transactions on the connection. */
  optionsFactory(connection: Unchecked, extraProviders: Unchecked[]): TransactionRunner;
}

/** Options of `holdingEvictions`. @publicApi */
export interface HoldingEvictionsOptions {
  /** The name of the cache, as given to `DistributedCacheModule.forRoot({ name })`. Default: the unnamed cache. */
  cache?: string | undefined;
}

/** What the plugin binds to the adapter. */
const HOOKS = [
  'onModuleInit',
  'onModuleDestroy',
  'onApplicationBootstrap',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
] as const;

/**
 * Makes every transaction of `@nestjs-cls/transactional` hold its evictions until it is committed: no method needs `@HoldEvictions()`.
 *
 * ```ts
 * new ClsPluginTransactional({
 *   adapter: holdingEvictions(new TransactionalAdapterTypeOrm({ dataSourceToken: DataSource })),
 * })
 * ```
 *
 * A transaction with `Propagation.RequiresNew` is committed by itself, so its evictions do not wait for the transaction around it.
 *
 * The cache is injected: it must be registered globally, which is the default, or be given to the plugin by `imports`. For several caches,
 * wrap the adapter several times.
 *
 * @returns an adapter that does everything else as `adapter` does
 *
 * @publicApi
 */
export function holdingEvictions<A extends HoldableAdapter>(adapter: A, options: HoldingEvictionsOptions = {}): A {
  const ownTokens = adapter.extraProviderTokens ?? [];
  const optionsFactory = (connection: unknown, providers: unknown[]): TransactionRunner => {
    const runner = adapter.optionsFactory(connection, providers.slice(0, ownTokens.length));
    return holdingRunner(runner, unsafeCast(providers[ownTokens.length]));
  };
  return Object.assign(withOwnHooks(adapter), {
    extraProviderTokens: [...ownTokens, getDistributedCacheToken(options.cache)],
    optionsFactory,
  });
}

function holdingRunner(runner: TransactionRunner, cache: DistributedCache): TransactionRunner {
  const held = async (transaction: () => Promise<unknown>, isIndependent: boolean): Promise<unknown> => {
    const { result, delivered } = await cache.hold(transaction, isIndependent);
    return resultOnceDelivered(result, delivered);
  };
  return {
    ...runner,
    wrapWithTransaction: (...args) => held(() => runner.wrapWithTransaction(...args), true),
    // Left out where the adapter has none: the plugin asks for the property.
    ...(runner.wrapWithNestedTransaction && {
      wrapWithNestedTransaction: (...args: unknown[]) =>
        held(async () => runner.wrapWithNestedTransaction?.(...args), false),
    }),
  };
}

/** An object that has everything of `adapter`; its hooks run on the adapter itself. */
function withOwnHooks<A extends object>(adapter: A): A {
  const own: Record<string, unknown> = unsafeCast(Object.create(adapter));
  for (const name of HOOKS) {
    const hook: unknown = Reflect.get(adapter, name);
    if (typeof hook === 'function') own[name] = hook.bind(adapter);
  }
  return unsafeCast(own);
}
