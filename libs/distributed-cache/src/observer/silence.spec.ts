import { describe, expect, it } from 'vitest';
import { silenceOf } from './silence.js';

describe('silenceOf', () => {
  it.each([
    [60_000, 10_000, 'no answer'],
    [60_000, 10_001, 'cut off or gone'],
    [3_000, 2_000, 'no answer'],
    [3_000, 2_001, 'cut off or gone'],
    // Nothing is known of when it synced.
    [Infinity, 0, 'no answer'],
  ] as const)(
    'of a member with a maxStaleness of %i ms that synced %i ms ago is: %s',
    (maxStaleness, syncAge, silence) => {
      const member = { instanceId: 'a', maxStaleness, whenDisconnected: 'reload', exceptions: [] } as const;
      expect(silenceOf({ member, syncAge })).toBe(silence);
    },
  );

  it('of an instance that is not listed is: no answer', () => {
    expect(silenceOf(undefined)).toBe('no answer');
  });
});
