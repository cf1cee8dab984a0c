import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  DistributedCache,
  DistributedCacheModule,
  InvalidKeyError,
  InvalidOptionsError,
} from 'nestjs-distributed-cache';
import { describe, expect, it, vi } from 'vitest';
import { EventEmitter } from '../../libs/distributed-cache/src/cache/events.js';
import { noopLogger } from '../../libs/distributed-cache/src/common/logger.js';
import vitestConfig from '../../vitest.config.js';
import { RecordedLogger } from '../support/instances/recorded-logger.js';
import { everythingSaid, EverythingSaid } from '../support/secrets/everything-said.js';
import { startedCache } from '../support/instances/instances.js';

const PASSWORD = 's3cret-of-this-test';
const VALUE = { name: 'v4lue-of-this-test' };

/** What the whole suite must never do, done on purpose. */
const LEAKS: Readonly<Record<string, () => void>> = {
  'a line of the logger': () => new Logger('Leak').log(`connects to redis://:${PASSWORD}@redis`),
  'a parameter of a line': () =>
    new Logger('Leak').warn({ message: 'It failed', options: { redis: { password: PASSWORD } } }),
  'a line that a test has silenced': () => {
    const spy = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    new Logger('Leak').error('It failed', VALUE);
    spy.mockRestore();
  },
  'a line of a cache that is not part of an application': () =>
    new RecordedLogger().error('It failed', { value: VALUE }),
  'what an event tells': () => {
    const events = new EventEmitter(noopLogger);
    events.emit('store', { region: 'products', key: '1', ttl: 1, tags: [VALUE.name] });
  },
  'the message of an error': () => void new InvalidOptionsError(`redis: { password: '${PASSWORD}' } is not allowed`),
  'the cause of an error': () => void new InvalidKeyError('It failed', { cause: new Error(`NOAUTH ${PASSWORD}`) }),
  'standard output': () => void process.stdout.write(`${PASSWORD}\n`),
  'the console': () => console.debug(PASSWORD),
  'a value without a mark, known by having been cached': () => {
    const value = { id: 7, title: 'The Left Hand' };
    void startedCache().region('books').set('7', value);
    new RecordedLogger().warn('It failed', { details: [value] });
  },
  'a text in a value without a mark': () => {
    void startedCache().region('books').set('7', { id: 7, title: 'The Left Hand' });
    new RecordedLogger().warn('It failed: The Left Hand, 1969');
  },
};

describe('A password or a cached value', () => {
  it.each(Object.entries(LEAKS))('is noticed in %s, and fails the test file', (_, leak) => {
    leak();
    expect(() => everythingSaid.expectNoSecrets()).toThrow(/was logged, told by an event or put into an error/);
    expect(() => everythingSaid.expectNoSecrets()).not.toThrow();
  });

  it('is looked for in every project of the suite', () => {
    const { setupFiles, projects = [] } = vitestConfig.test ?? {};
    expect(setupFiles).toContainEqual(expect.stringContaining('no-secrets.setup.ts'));
    expect(projects.length).toBeGreaterThan(2);
    for (const project of projects) expect(project).toMatchObject({ extends: true });
  });

  it('is looked for also in an application without a logger', async () => {
    const heard = everythingSaid.heard;
    @Module({ imports: [DistributedCacheModule.forRoot({ redisConnectionString: '' })] })
    class ApplicationModule {}
    const context = await NestFactory.createApplicationContext(ApplicationModule, { logger: false });
    expect(context.get(DistributedCache).status().state).toBe('local');
    await context.close();
    expect(everythingSaid.heard).toBeGreaterThan(heard);
  });

  it('is all that fails a test file: other texts do not', () => {
    const said = new EverythingSaid();
    said.secrets.add({ name: 'Brass Lamp' });
    said.hear('somebody', 'Connected', { target: 'redis://***@redis', name: 'Lamp' }, undefined, null, 7, Symbol('x'));
    expect(() => said.expectNoSecrets()).not.toThrow();
  });
});
