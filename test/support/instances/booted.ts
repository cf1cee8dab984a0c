import type { ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach } from 'vitest';
import { DistributedCacheModule } from 'nestjs-distributed-cache';
import type { DistributedCacheOptions } from 'nestjs-distributed-cache';

const open: TestingModule[] = [];
afterEach(() => Promise.all(open.splice(0).map((testing) => testing.close())));

/** An application in local mode, compiled and not initialised. It is closed after the test. */
export async function compiled(
  metadata: ModuleMetadata,
  options: DistributedCacheOptions = {},
): Promise<TestingModule> {
  const cacheModule = DistributedCacheModule.forRoot({ redisConnectionString: '', ...options });
  const testing = await Test.createTestingModule({
    ...metadata,
    imports: [cacheModule, ...(metadata.imports ?? [])],
  }).compile();
  open.push(testing);
  return testing;
}

/** As {@link compiled}, and initialised. */
export async function booted(metadata: ModuleMetadata, options?: DistributedCacheOptions): Promise<TestingModule> {
  const testing = await compiled(metadata, options);
  return testing.init();
}
