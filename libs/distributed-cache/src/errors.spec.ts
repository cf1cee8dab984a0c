import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as errors from './errors.js';

const { DistributedCacheError, ...failures } = errors;

describe.each(Object.entries(failures))('%s', (name, Failure) => {
  it('is a DistributedCacheError with its name, the message and the cause', () => {
    const cause = new Error('why');
    const error = new Failure('what failed', { cause });
    expect(error).toBeInstanceOf(DistributedCacheError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, message: 'what failed', cause });
  });

  it('has the code that its name spells', () => {
    const code = name
      .replace(/Error$/, '')
      .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
      .toUpperCase();
    expect(new Failure('what failed').code).toBe(code);
  });
});

const { InvalidationNotDeliveredError, InvalidationNotConfirmedError, CacheClosedError } = errors;

it.each([InvalidationNotDeliveredError, InvalidationNotConfirmedError, CacheClosedError])(
  'What %o carries as its result is not printed with it, and can be read and set',
  (Failure) => {
    const error = new Failure('what failed');
    expect(error.result).toBeUndefined();
    error.result = { name: 'a cached value' };
    expect(error.result).toEqual({ name: 'a cached value' });
    expect(inspect(error)).not.toContain('a cached value');
    expect(JSON.stringify(error)).not.toContain('a cached value');
    expect(Object.keys(error)).not.toContain('result');
  },
);
