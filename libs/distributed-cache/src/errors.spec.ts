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
