import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duration, milliseconds, type Duration } from './duration.js';
import { InvalidOptionsError } from '../errors.js';

describe('milliseconds', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [250, 250],
    [Infinity, Infinity],
    ['300ms', 300],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['.5s', 500],
  ])('reads %s as %d', (value, expected) => {
    expect(milliseconds(value, 'ttl')).toBe(expected);
  });

  it('reads every number with a unit as that many of the unit', () => {
    const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom('ms' as const, 's' as const, 'm' as const, 'h' as const, 'd' as const),
        (amount, unit) => {
          expect(milliseconds(`${amount}${unit}`, 'ttl')).toBe(amount * units[unit]);
        },
      ),
    );
  });

  it.each<[string, unknown]>([
    ['a wrong unit', '5 minutes'],
    ['no number', 's'],
    ['an empty text', ''],
    ['a negative text', '-5s'],
    ['an exponent', '1e3s'],
    ['two durations', '1h 30m'],
    ['so many digits that they overflow', `${'9'.repeat(400)}d`],
    ['a negative number', -1],
    ['NaN', Number.NaN],
    ['null', null],
    ['an object', Object.create(null)],
    ['a unit that every object has', '5constructor'],
  ])('refuses %s, naming the option and what is allowed', (_, value) => {
    expect(() => milliseconds(value, 'regions.products.ttl')).toThrow(InvalidOptionsError);
    expect(() => milliseconds(value, 'regions.products.ttl')).toThrow(
      /^regions\.products\.ttl: .* is not a duration; allowed: .*'10s'/s,
    );
  });
});

describe('duration', () => {
  it('turns the text of a setting into a duration, white space around it aside', () => {
    expect(duration(' 90s\n')).toBe(90_000);
    expect(duration('Infinity')).toBe(Infinity);
  });

  it.each(['60', ' 1500 ', '0', '1.5'])("refuses '%s', a text without a unit, and says that it needs one", (text) => {
    expect(() => duration(text)).toThrow(InvalidOptionsError);
    expect(() => duration(text)).toThrow(/^duration: .* has no unit, and a text needs one.*s' or '.*ms'/);
  });

  it('refuses a setting that is not a duration', () => {
    expect(() => duration('soon')).toThrow(/^duration: 'soon' is not a duration/);
  });

  it('does not compile with a wrong unit', () => {
    // @ts-expect-error weeks are no unit
    const wrong: Duration = '2w';
    expect(() => milliseconds(wrong, 'ttl')).toThrow(InvalidOptionsError);
  });
});
