import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../../errors.js';
import { findConnectionString, isRedisRequired, misspeltSettings } from './connection-source.js';

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

describe('misspeltSettings', () => {
  it.each([
    ['RedisConnectionStrings', 'RedisConnectionString'],
    ['REDISCONNECTIONSTRING', 'RedisConnectionString'],
    ['Redis_Connection_String', 'RedisConnectionString'],
    ['REDIS_CONECTION_STRING', 'REDIS_CONNECTION_STRING'],
    ['CONNECTIONSTRINGS__REDISCONNECTIONSTRING', 'ConnectionStrings__RedisConnectionString'],
    ['REDIS_URI', 'REDIS_URL'],
    ['AZURE_REDIS_CONNECTION_STRING', 'AZURE_REDIS_CONNECTIONSTRING'],
  ])('finds %s, and that %s was meant', (given, meant) => {
    const found = misspeltSettings({ PATH: '/usr/bin', [given]: 'redis://here' }).map(([name]) => name);
    expect(found).toEqual([given]);
    const [, probably] = misspeltSettings({ [given]: 'redis://here' })[0] ?? [];
    expect(probably?.replaceAll('_', '').toLowerCase()).toBe(meant.replaceAll('_', '').toLowerCase());
  });

  it.each([
    'REDIS_HOST',
    'REDIS_PORT',
    'REDIS_TLS',
    'REDIS_TTL',
    'REDIS_DB',
    'REDIS_USER',
    'REDIS_PASSWORD',
    'DATABASE_URL',
    'BASE_URL',
    'REDIS_CONNECTION_REQUIRED',
    ...NAMES,
  ])('does not take %s for a misspelt one', (name) => {
    expect(misspeltSettings({ [name]: 'value' })).toEqual([]);
  });

  it('leaves out what is empty', () => {
    expect(misspeltSettings({ RedisConnectionStrings: ' ' })).toEqual([]);
  });
});

describe('isRedisRequired', () => {
  it.each(['true', 'TRUE', '1', 'yes', ' on ', true])('reads REDIS_CONNECTION_REQUIRED=%s as true', (value) => {
    expect(isRedisRequired(undefined, () => value)).toBe(true);
  });

  it.each(['false', '0', 'no', 'off', '', undefined, false])('reads REDIS_CONNECTION_REQUIRED=%s as false', (value) => {
    expect(isRedisRequired(undefined, () => value)).toBe(false);
  });

  it('prefers the option', () => {
    expect(isRedisRequired(false, () => 'true')).toBe(false);
    expect(isRedisRequired(true, () => 'false')).toBe(true);
  });

  it('refuses another value, naming the setting', () => {
    expect(() => isRedisRequired(undefined, () => 'perhaps')).toThrow(InvalidOptionsError);
    expect(() => isRedisRequired(undefined, () => 'perhaps')).toThrow(/^REDIS_CONNECTION_REQUIRED: 'perhaps'/);
  });
});
