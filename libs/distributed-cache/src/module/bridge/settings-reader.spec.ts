import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ModuleRef } from '@nestjs/core';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settingsReader } from './settings-reader.js';

const NAME = 'REDIS_URL';

beforeEach(() => void vi.stubEnv(NAME, 'redis://environment'));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.doUnmock('@nestjs/config');
});

/** What an application reads under the name, as the module of the cache sees it. */
async function readIn(
  imports: ModuleMetadata['imports'],
  change: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
): Promise<unknown> {
  @Module({})
  class CacheModule {}
  const testing = await change(Test.createTestingModule({ imports: [CacheModule, ...(imports ?? [])] })).compile();
  const read = await settingsReader(testing.select(CacheModule).get(ModuleRef, { strict: true }));
  return read(NAME);
}

function configuration(options: { isGlobal: boolean }, value = 'redis://configuration'): Promise<DynamicModule> {
  return ConfigModule.forRoot({ ...options, ignoreEnvFile: true, load: [() => ({ [NAME]: value })] });
}

describe('A setting', () => {
  it('is read through the ConfigService of the application', async () => {
    expect(await readIn([configuration({ isGlobal: true })])).toBe('redis://configuration');
  });

  it('is read through a ConfigService that only another module imports', async () => {
    @Module({ imports: [configuration({ isGlobal: false })] })
    class OtherModule {}
    expect(await readIn([OtherModule])).toBe('redis://configuration');
  });

  it('is read through a ConfigService that a module provides by itself', async () => {
    const byHand = { provide: ConfigService, useValue: new ConfigService({ [NAME]: 'redis://by-hand' }) };
    @Module({ providers: [byHand] })
    class OtherModule {}
    expect(await readIn([OtherModule])).toBe('redis://by-hand');
  });

  it('is read from the environment when the ConfigService of the application is a class of its own', async () => {
    class OwnConfigService {}
    Object.defineProperty(OwnConfigService, 'name', { value: ConfigService.name });
    @Module({ providers: [OwnConfigService] })
    class OtherModule {}
    expect(await readIn([OtherModule])).toBe('redis://environment');
  });

  it('is read from the environment through a ConfigService that does not set it', async () => {
    expect(await readIn([ConfigModule.forRoot({ ignoreEnvFile: true })])).toBe('redis://environment');
  });

  it('is not read from the environment when the ConfigService ignores that', async () => {
    expect(await readIn([ConfigModule.forRoot({ ignoreEnvFile: true, skipProcessEnv: true })])).toBeUndefined();
  });

  it('is read from the environment when the application has no ConfigService', async () => {
    expect(await readIn([])).toBe('redis://environment');
  });

  it('is read from the environment when @nestjs/config is not installed', async () => {
    vi.doMock('@nestjs/config', () => {
      throw new Error("Cannot find package '@nestjs/config'");
    });
    expect(await readIn([configuration({ isGlobal: true })])).toBe('redis://environment');
  });

  it('is read without loading @nestjs/config when the application does not use it', async () => {
    let isLoaded = false;
    vi.doMock('@nestjs/config', () => {
      isLoaded = true;
      return { ConfigService };
    });
    expect(await readIn([])).toBe('redis://environment');
    expect(isLoaded).toBe(false);
    expect(await readIn([configuration({ isGlobal: true })])).toBe('redis://configuration');
    expect(isLoaded).toBe(true);
  });

  it('is read through a test double of ConfigService that has get()', async () => {
    const imports = [configuration({ isGlobal: true })];
    const replaced = (value: object) => (builder: TestingModuleBuilder) =>
      builder.overrideProvider(ConfigService).useValue(value);
    expect(await readIn(imports, replaced({ get: () => 'redis://mock' }))).toBe('redis://mock');
    expect(await readIn(imports, replaced({}))).toBe('redis://environment');
  });
});
