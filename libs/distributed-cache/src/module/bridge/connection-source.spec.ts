import { describe, expect, it } from 'vitest';
import { findConnectionString } from './connection-source.js';

const NAMES = [
  'RedisConnectionString',
  'REDIS_CONNECTION_STRING',
  'ConnectionStrings__RedisConnectionString',
  'CUSTOMCONNSTR_RedisConnectionString',
  'REDISCACHECONNSTR_RedisConnectionString',
  'AZURE_REDIS_CONNECTIONSTRING',
  'REDIS_URL',
];

function settings(values: Record<string, string | undefined>): (name: string) => string | undefined {
  return (name) => values[name];
}

describe('findConnectionString', () => {
  it('prefers the option to all settings, and names it as the source', () => {
    expect(findConnectionString('redis://option', settings({ REDIS_URL: 'redis://setting' }))).toEqual({
      source: 'the option redisConnectionString',
      connectionString: 'redis://option',
    });
  });

  it.each(NAMES)('reads %s', (name) => {
    expect(findConnectionString(undefined, settings({ [name]: 'redis://here' }))).toEqual({
      source: name,
      connectionString: 'redis://here',
    });
  });

  it('prefers an earlier setting to all later ones', () => {
    NAMES.forEach((name, index) => {
      const set = Object.fromEntries(NAMES.slice(index).map((other) => [other, `redis://${other}`]));
      expect(findConnectionString(undefined, settings(set))?.source).toBe(name);
    });
  });

  it('skips a setting that is empty or only white space', () => {
    const read = settings({ RedisConnectionString: '', REDIS_CONNECTION_STRING: ' \n', REDIS_URL: 'redis://here' });
    expect(findConnectionString(undefined, read)?.source).toBe('REDIS_URL');
  });

  it.each(['', '  '])("reads the option '%s' as local mode, whatever is set", (option) => {
    expect(findConnectionString(option, settings({ REDIS_URL: 'redis://setting' }))).toBeUndefined();
  });

  it('reads no setting when the option is given', () => {
    const read: string[] = [];
    findConnectionString('', (name) => {
      read.push(name);
      return undefined;
    });
    expect(read).toEqual([]);
  });

  it('finds nothing when nothing is set', () => {
    expect(findConnectionString(undefined, settings({}))).toBeUndefined();
  });

  it('trims a connection string', () => {
    expect(findConnectionString(undefined, settings({ REDIS_URL: 'redis://here\n' }))?.connectionString).toBe(
      'redis://here',
    );
  });
});
