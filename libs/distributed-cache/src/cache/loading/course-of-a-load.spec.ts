import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { RecordedLogger } from '../../../../../test/support/instances/recorded-logger.js';
import { resolveSettings } from '../../module/options/resolve-settings.js';
import { DistributedCache } from '../distributed-cache.js';

function started(logger: RecordedLogger): DistributedCache {
  const cache = new DistributedCache(resolveSettings({}), { logger });
  cache.start();
  return cache;
}

describe('The course of a load', () => {
  it('is logged at debug, each line with the id of the load, its region and never its key or value', async () => {
    const logger = new RecordedLogger({ isDebugEnabled: true });
    const products = started(logger).region('products');
    await products.getOrLoad('42', () => 'chair');
    await products
      .getOrLoad('43', () => Promise.reject(new RangeError('a secret of the source')))
      .catch(() => undefined);
    expect(logger.at('debug').map(({ message, parameters }) => ({ message, ...parameters }))).toEqual([
      { message: 'Load started', operation: 'load-1', region: 'products' },
      { message: 'Load ended', operation: 'load-1', region: 'products', isStored: true, isFenced: false },
      { message: 'Load started', operation: 'load-2', region: 'products' },
      { message: 'Load failed', operation: 'load-2', region: 'products', error: 'RangeError' },
    ]);
  });

  it('has a line when the result was fenced and not stored', async () => {
    const logger = new RecordedLogger({ isDebugEnabled: true });
    const products = started(logger).region('products');
    const slow = deferred<string>();
    const read = products.getOrLoad('42', () => slow.promise);
    await products.evict('42');
    slow.resolve('chair');
    await read;
    expect(logger.at('debug').at(-1)).toMatchObject({
      message: 'Load ended',
      parameters: { operation: 'load-1', isStored: false, isFenced: true },
    });
  });

  it('is not logged when the logger does not write debug', async () => {
    const logger = new RecordedLogger();
    await started(logger)
      .region('products')
      .getOrLoad('42', () => 'chair');
    expect(logger.lines).toEqual([]);
  });
});
