import { ConsoleLogger, Logger, type LogLevel } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DistributedCache } from '../cache/distributed-cache.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { DistributedCacheModule } from './distributed-cache.module.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What the cache logs at `debug` while one entry is loaded and evicted, in an application whose logger writes `levels`. */
async function debugLinesWith(levels: LogLevel[]): Promise<unknown[][]> {
  const debug = vi.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
  const imports = [DistributedCacheModule.forRoot({ bridge: new InMemoryInvalidationBridge() })];
  const logger = new ConsoleLogger({ logLevels: levels });
  const testing = await Test.createTestingModule({ imports }).setLogger(logger).compile();
  await testing.init();
  const products = testing.get(DistributedCache).region('products');
  await products.getOrLoad('42', () => 'chair');
  await products.evict('42');
  await testing.close();
  return debug.mock.calls;
}

describe('The course of loads and invalidations', () => {
  it('is logged with NODE_DEBUG=distributed-cache and a logger that writes debug, with the id of the operation', async () => {
    vi.stubEnv('NODE_DEBUG', 'http,distributed-cache');
    const lines = await debugLinesWith(['error', 'debug']);
    const messages = lines.map(([message]) => message);
    expect(messages).toEqual(expect.arrayContaining(['Load started', 'Load ended', 'Invalidation sent']));
    for (const [, parameters] of lines) expect(parameters).toHaveProperty('operation', expect.any(String));
  });

  it('is not logged without NODE_DEBUG: by default Nest writes debug in every application', async () => {
    expect(await debugLinesWith(['debug'])).toEqual([]);
  });

  it('is not logged where the logger does not write debug', async () => {
    vi.stubEnv('NODE_DEBUG', 'distributed-cache');
    expect(await debugLinesWith(['error', 'warn'])).toEqual([]);
  });
});
