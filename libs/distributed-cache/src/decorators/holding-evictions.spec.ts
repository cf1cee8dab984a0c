import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/common/failure-of.js';
import { instances, startedCache } from '../../../../test/support/instances/instances.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { InvalidationNotDeliveredError } from '../errors.js';
import { holdingEvictions } from './holding-evictions.js';

const FAILURE = new Error('rolled back');
const OTHER = Symbol('of the adapter');

type Work = () => Promise<unknown>;

/** An adapter as those of @nestjs-cls/transactional are. */
class Adapter {
  readonly #begun: unknown[] = [];
  readonly connectionToken = 'connection';
  readonly defaultTxOptions = { isolationLevel: 'SERIALIZABLE' };
  extraProviderTokens = [OTHER];
  given: unknown[] = [];

  get begun(): readonly unknown[] {
    return this.#begun;
  }

  readonly optionsFactory = (connection: unknown, extraProviders: unknown[]) => {
    this.given = [connection, ...extraProviders];
    return {
      wrapWithTransaction: (options: unknown, fn: Work) => this.#run(options, fn),
      wrapWithNestedTransaction: (options: unknown, fn: Work) => this.#run(options, fn),
      getFallbackInstance: () => 'fallback',
    };
  };

  onModuleInit(): void {
    this.#begun.push('initialised');
  }

  async #run(options: unknown, fn: Work): Promise<unknown> {
    this.#begun.push(options);
    return fn();
  }
}

function holding(cache: DistributedCache) {
  const adapter = new Adapter();
  const held = holdingEvictions(adapter);
  return { adapter, held, runner: held.optionsFactory('the connection', ['of the adapter', cache]) };
}

describe('holdingEvictions(adapter)', () => {
  it('leaves everything of the adapter as it is, but asks for the cache as well', () => {
    const { adapter, held, runner } = holding(startedCache());
    expect(held.connectionToken).toBe('connection');
    expect(held.defaultTxOptions).toBe(adapter.defaultTxOptions);
    expect(held.extraProviderTokens).toEqual([OTHER, getDistributedCacheToken()]);
    expect(adapter.extraProviderTokens).toEqual([OTHER]);
    expect(adapter.given).toEqual(['the connection', 'of the adapter']);
    expect(runner.getFallbackInstance()).toBe('fallback');
    held.onModuleInit();
    expect(adapter.begun).toEqual(['initialised']);
  });

  it('uses the cache that is named', () => {
    expect(holdingEvictions(new Adapter(), { cache: 'prices' }).extraProviderTokens).toEqual([
      OTHER,
      getDistributedCacheToken('prices'),
    ]);
  });

  it('holds the evictions of a transaction, and drops them with it', async () => {
    const cache = startedCache();
    const region = cache.region('r');
    const { adapter, runner } = holding(cache);
    await region.set('1', 'old');
    await failureOf(
      runner.wrapWithTransaction('options', async () => {
        await region.evict('1');
        throw FAILURE;
      }),
    );
    expect([region.getSync('1'), adapter.begun]).toEqual(['old', ['options']]);
    await expect(
      runner.wrapWithTransaction('options', async () => {
        await region.evict('1');
        expect(cache.isHoldingEvictions).toBe(true);
        return 'result';
      }),
    ).resolves.toBe('result');
    expect(region.getSync('1')).toBeUndefined();
  });

  it('lets a nested transaction join the one around it, and lets one of its own publish by itself', async () => {
    const cache = startedCache();
    const region = cache.region('r');
    const { runner } = holding(cache);
    for (const key of ['1', '2', '3']) await region.set(key, 'old');
    await failureOf(
      runner.wrapWithTransaction('outer', async () => {
        await runner.wrapWithNestedTransaction('nested', () => region.evict('1'));
        await region.evict('3');
        await runner.wrapWithTransaction('of its own', async () => {
          await region.evict('2');
          // It sees what everybody sees, and not what the transaction around it has written.
          expect(region.getSync('3')).toBe('old');
        });
        expect(region.getSync('2')).toBeUndefined();
        throw FAILURE;
      }),
    );
    expect(['1', '2', '3'].map((key) => region.getSync(key))).toEqual(['old', undefined, 'old']);
  });

  it('has nested transactions only where the adapter has them', () => {
    const optionsFactory = (_connection: unknown, _providers: unknown[]) => ({
      wrapWithTransaction: (_options: unknown, fn: Work) => fn(),
    });
    expect(holdingEvictions({ optionsFactory }).optionsFactory('connection', [startedCache()])).not.toHaveProperty(
      'wrapWithNestedTransaction',
    );
  });

  it("with onUndelivered: 'throw' rejects after the commit, with the result", async () => {
    const { a, bridge, clock } = await instances(1).with({ onUndelivered: 'throw' }).connected();
    const { runner } = holding(a);
    bridge.cut(a);
    const failure = failureOf(
      runner.wrapWithTransaction('options', async () => {
        await a.region('r').evict('1');
        return 'committed';
      }),
    );
    await clock.advance('1m');
    expect(await failure).toBeInstanceOf(InvalidationNotDeliveredError);
    expect(await failure).toHaveProperty('result', 'committed');
  });
});
