import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDoorbell } from './doorbell-text.js';

const part = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const id = fc.tuple(part, part).map(([milliseconds, sequence]) => `${milliseconds}-${sequence}`);

describe('readDoorbell', () => {
  it('reads previous id, id and payload, whatever the payload holds', () => {
    fc.assert(
      fc.property(id, id, fc.string({ unit: 'binary' }), (previousId, newId, payload) => {
        expect(readDoorbell(`${previousId} ${newId} ${payload}`)).toEqual({
          payload,
          entry: { id: newId, previousId },
        });
      }),
    );
  });

  it('reads "-" as no previous entry', () => {
    expect(readDoorbell('- 2-0 {"v":1}')).toEqual({ payload: '{"v":1}', entry: { id: '2-0', previousId: undefined } });
  });

  it('reads a bare payload as one that is not in the log', () => {
    expect(readDoorbell('{"v":1,"t":["a b c"]}')).toEqual({ payload: '{"v":1,"t":["a b c"]}', entry: undefined });
  });

  it.each([
    '',
    ' ',
    '  ',
    '1-0',
    '1-0 2-0',
    'x 2-0 {}',
    '1-0 x {}',
    '1-0 - {}',
    '1 2 {}',
    ' 1-0 2-0 {}',
    '1-0  2-0 {}',
    '-1-0 2-0 {}',
    '1-0 99999999999999999999-0 {}',
    '1-0 2-18446744073709551616 {}',
    '1-0 02-0 {}',
  ])('returns %j as a payload, to be counted as malformed', (text) => {
    expect(readDoorbell(text)).toEqual({ payload: text, entry: undefined });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => readDoorbell(text)).not.toThrow();
      }),
    );
  });
});
