import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAfter, serverMilliseconds } from './stream-id.js';

const id = fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));

describe('isAfter', () => {
  it('orders stream ids as numbers of 64 bits, serverMilliseconds first', () => {
    fc.assert(
      fc.property(id, id, ([time, sequence], [otherTime, otherSequence]) => {
        const expected = time === otherTime ? sequence > otherSequence : time > otherTime;
        expect(isAfter(`${time}-${sequence}`, `${otherTime}-${otherSequence}`)).toBe(expected);
      }),
    );
  });

  it('tells 9-0 from 10-0, and no id is after itself', () => {
    expect(isAfter('10-0', '9-9')).toBe(true);
    expect(isAfter('9-10', '9-9')).toBe(true);
    expect(isAfter('9-9', '9-9')).toBe(false);
  });
});

describe('serverMilliseconds', () => {
  it("is when the server wrote the entry, on the server's clock", () => {
    expect(serverMilliseconds('1700000000123-7')).toBe(1_700_000_000_123);
  });
});
