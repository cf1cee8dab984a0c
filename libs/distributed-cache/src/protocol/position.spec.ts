import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, isAfter, serverMilliseconds } from './position.js';

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');
const id = fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));

describe('a position', () => {
  it('is the entry and h = sha1(previous h + payload)', () => {
    expect(advance('', '1-0', 'one')).toEqual({ id: '1-0', hash: sha1('one') });
    expect(advance(sha1('one'), '2-0', 'two')).toEqual({ id: '2-0', hash: sha1(`${sha1('one')}two`) });
  });

  it('has another hash after another history, though the newest entry is the same', () => {
    const ours = advance(advance('', '1-0', 'one').hash, '2-0', 'same');
    const theirs = advance(advance('', '1-0', 'other').hash, '2-0', 'same');
    expect(ours.id).toBe(theirs.id);
    expect(ours.hash).not.toBe(theirs.hash);
  });
});

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
