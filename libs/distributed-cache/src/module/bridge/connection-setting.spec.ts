import { Logger, Module, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidConnectionStringError } from '../../errors.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { DistributedCacheModule } from '../distributed-cache.module.js';

const NAMES = [
  'RedisConnectionString',
  'REDIS_CONNECTION_STRING',
  'ConnectionStrings__RedisConnectionString',
  'CUSTOMCONNSTR_RedisConnectionString',
  'REDISCACHECONNSTR_RedisConnectionString',
  'AZURE_REDIS_CONNECTIONSTRING',
  'REDIS_URL',
];

const log = vi.spyOn(Logger.prototype, 'log');
vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
beforeEach(() => {
  log.mockReset();
  for (const name of NAMES) vi.stubEnv(name, undefined);
});
afterEach(() => void vi.unstubAllEnvs());

/** Boots and shuts down; gives the line about where the cache connects to. */
async function bootLine(imports: ModuleMetadata['imports'] = []): Promise<string> {
  const clock = new ManualClock();
  const testing = await Test.createTestingModule({
    imports: [DistributedCacheModule.forRoot({ clock }), ...imports],
  }).compile();
  const booting = testing.init();
  try {
    return await Promise.race([booting.then(lineLogged), vi.waitUntil(lineLogged, 4_000)]);
  } finally {
    await clock.advance('1s');
    await booting.then(
      () => testing.close(),
      () => {},
    );
  }
}

function lineLogged(): string {
  return log.mock.calls.map(([line]) => String(line)).find((line) => line.startsWith('The cache')) ?? '';
}

/** Nobody listens on port 1 of this machine. */
const configuration = (values: Record<string, unknown>): ReturnType<typeof ConfigModule.forRoot> =>
  ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => values] });

describe('The connection string', () => {
  it.each(NAMES)('is found through the ConfigService as %s', async (name) => {
    const line = await bootLine([configuration({ [name]: 'redis://127.0.0.1:1' })]);
    expect(line).toContain(`connects to redis://127.0.0.1:1/0 (standalone, no TLS) (from ${name})`);
  });

  it('is that of the first name that is set, in the environment or through the ConfigService', async () => {
    vi.stubEnv('REDIS_CONNECTION_STRING', 'redis://127.0.0.1:1/1');
    const line = await bootLine([configuration({ REDIS_URL: 'redis://127.0.0.1:1/2', RedisConnectionString: ' ' })]);
    expect(line).toContain('redis://127.0.0.1:1/1 (standalone, no TLS) (from REDIS_CONNECTION_STRING)');
  });

  it('is found when ConfigModule is not global and imported in another module only', async () => {
    @Module({ imports: [configuration({ REDIS_URL: 'redis://127.0.0.1:1/3' })] })
    class SettingsModule {}
    expect(await bootLine([SettingsModule])).toContain('/3 (standalone, no TLS) (from REDIS_URL)');
  });

  it('is found in the environment by an application without ConfigModule', async () => {
    vi.stubEnv('RedisConnectionString', '127.0.0.1:1,defaultDatabase=4');
    expect(await bootLine()).toContain('/4 (standalone, no TLS) (from RedisConnectionString)');
  });

  it('is not a value of the configuration under that name that is no text', async () => {
    expect(await bootLine([configuration({ REDIS_URL: { host: '127.0.0.1' } })])).toContain('local mode');
  });

  it('that is malformed fails the boot with an error that names the setting and not the secret', async () => {
    const failure = bootLine([configuration({ RedisConnectionString: 'shop.example,password=Geheim7,ssl=perhaps' })]);
    await expect(failure).rejects.toThrow(InvalidConnectionStringError);
    await expect(failure).rejects.toThrow(/^RedisConnectionString: .*'ssl'/);
    await expect(failure).rejects.not.toThrow(/Geheim7/);
  });
});
