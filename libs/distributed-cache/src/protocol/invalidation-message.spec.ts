import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeInvalidation, encodeInvalidation, encodeNoOp, MESSAGE_VERSION } from './invalidation-message.js';
import { EVERYTHING, invalidationOf, type InvalidationTarget } from './invalidation.js';

const text = fc.string({ minLength: 1, unit: 'binary' });
const name = fc.oneof<fc.Arbitrary<InvalidationTarget>[]>(
  fc.constant({ kind: 'everything' }),
  fc.record({ kind: fc.constant('region'), region: text }),
  fc.record({ kind: fc.constant('tag'), tag: text }),
  fc.record({ kind: fc.constant('key'), region: text, key: text }),
);

describe('an invalidation message', () => {
  it('is decoded to what was encoded', () => {
    fc.assert(
      fc.property(text, fc.array(name, { minLength: 1 }), (from, names) => {
        const message = { from, invalidation: invalidationOf(names) };
        expect(decodeInvalidation(encodeInvalidation(from, names))).toEqual({ ok: true, message });
      }),
    );
  });

  it('is decoded without ever throwing, whatever the payload is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"v":1,"k":${json}}`),
        ),
        (payload) => {
          const decoded = decodeInvalidation(payload);
          expect(decoded.ok ? decoded.message.from : decoded.reason).toBeTypeOf('string');
        },
      ),
    );
  });

  it('means the same with and without spaces, whatever it is: what this library writes is read in a shorter way', () => {
    const plain = fc.constantFrom('products', 'r', 'k', '', ',', '],[', 'é', '\ud800');
    const escaped = fc.constantFrom(':[["', '\\', '\u0001', '"');
    const list = fc.array(fc.oneof({ arbitrary: plain, weight: 30 }, { arbitrary: escaped, weight: 1 }), {
      maxLength: 4,
    });
    const tail = fc.constantFrom(
      '}',
      ',"m":1}',
      ',"a":"k"}',
      ',"k":[["late","1"]]}',
      ',"v":2}',
      ',"e":1,"f":"b"}',
      '',
      '}}',
      ',}',
    );
    const lists = fc.oneof(
      fc.array(list, { maxLength: 3 }).map((json) => JSON.stringify(json)),
      fc.json(),
      fc.constantFrom(
        '[["products","1"}]',
        '[["products","1"],]',
        '[["products","1",]]',
        '[["products" ,"1"]]',
        '[["products","1"]',
        '[["r","\n"]]',
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom('a', 'a\\"', '', '\t'), lists, tail, (from, keys, end) => {
        const payload = `{"v":${MESSAGE_VERSION},"f":"${from}","k":${keys}${end}`;
        expect(decodeInvalidation(payload)).toEqual(decodeInvalidation(` ${payload}`));
      }),
      { numRuns: 2_000 },
    );
  });

  it('contains only targets', () => {
    const payload = encodeInvalidation('a', [{ kind: 'key', region: 'products', key: '42' }]);
    expect(JSON.parse(payload)).toEqual({ v: MESSAGE_VERSION, f: 'a', k: [['products', '42']] });
  });

  it.each([
    ['text that is not JSON', 'hello'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no version', '{"e":1}'],
    ['version 0', '{"v":0,"e":1}'],
    ['a version that is no whole number', '{"v":1.5,"e":1}'],
    ['a version that is text', '{"v":"1","e":1}'],
    ['a sender that is no text', '{"v":1,"f":7,"e":1}'],
    ['regions that are no list', '{"v":1,"r":"products"}'],
    ['a region that is no text', '{"v":1,"r":[7]}'],
    ['a tag that is no text', '{"v":1,"t":[null]}'],
    ['keys without a region', '{"v":1,"k":[[]]}'],
    ['a key that is no text', '{"v":1,"k":[["products",42]]}'],
    ['nothing named', '{"v":1,"f":"a"}'],
  ])('is refused with a reason when it is %s', (_, payload) => {
    const decoded = decodeInvalidation(payload);
    expect(decoded.ok).toBe(false);
    expect(decoded.ok ? '' : decoded.reason).not.toBe('');
  });

  it('of a newer version means everything: it may name things that this version does not know', () => {
    expect(decodeInvalidation(`{"v":${MESSAGE_VERSION + 1},"f":"b","x":["whatever"]}`)).toEqual({
      ok: true,
      message: { from: 'b', invalidation: EVERYTHING },
    });
  });

  it('that is too large to be decoded means everything', () => {
    const payload = JSON.stringify({ v: 1, f: 'b', k: [['products', 'x'.repeat(1 << 20)]] });
    expect(decodeInvalidation(payload)).toEqual({ ok: true, message: { from: '', invalidation: EVERYTHING } });
  });

  it('may have properties that this version does not know, which are ignored', () => {
    const decoded = decodeInvalidation('{"v":1,"r":["products"],"ack":"token"}');
    expect(decoded).toMatchObject({
      ok: true,
      message: { from: '', invalidation: { regions: new Set(['products']) } },
    });
  });

  it('carries the trace context of an eviction, and only what is one', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const target: InvalidationTarget = { kind: 'tag', tag: 't' };
    expect(decodeInvalidation(encodeInvalidation('a', [target], undefined, false, traceparent))).toMatchObject({
      message: { traceparent },
    });
    for (const c of ['', 'other text', 7, `${traceparent}\n`, traceparent.toUpperCase()]) {
      const decoded = decodeInvalidation(JSON.stringify({ v: 1, t: ['t'], c }));
      expect(decoded).toMatchObject({ ok: true });
      expect(decoded).not.toHaveProperty('message.traceparent');
    }
  });

  it('may be a no-op, which invalidates nothing and is different each time', () => {
    const payload = encodeNoOp('a', 'random');
    expect(decodeInvalidation(payload)).toEqual({ ok: true, message: { from: 'a', invalidation: invalidationOf([]) } });
    expect(encodeNoOp('a', 'other')).not.toBe(payload);
  });
});

describe('a message that names an entry which the channel did not carry', () => {
  it('is a no-op, and is told from others', () => {
    const decoded = decodeInvalidation('{"v":1,"n":"1-0","u":"1-0"}');
    expect(decoded).toEqual({ ok: true, message: { from: '', invalidation: invalidationOf([]), unannounced: '1-0' } });
  });

  it.each([1, null, ['1-0'], {}])('counts without that when its "u" is %j', (u) => {
    const decoded = decodeInvalidation(JSON.stringify({ v: 1, n: 'x', u }));
    expect(decoded).toEqual({ ok: true, message: { from: '', invalidation: invalidationOf([]) } });
  });
});

describe('a message that asks to be acknowledged', () => {
  const tokenIn = (payload: string): string | undefined => {
    const decoded = decodeInvalidation(payload);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.message.token;
  };

  it('carries the token', () => {
    expect(tokenIn(encodeInvalidation('me', [{ kind: 'everything' }], 'token-1'))).toBe('token-1');
    expect(tokenIn(encodeInvalidation('me', [{ kind: 'everything' }]))).toBeUndefined();
  });

  it('carries the token in a newer version too', () => {
    expect(tokenIn('{"v":2,"a":"token-1"}')).toBe('token-1');
  });

  it.each(['x'.repeat(65), '', 1, null, ['token-1']])(
    'is applied and not acknowledged when the token, %j, has not the form of ours: every instance would repeat it',
    (token) => {
      expect(tokenIn(JSON.stringify({ v: 1, e: 1, a: token }))).toBeUndefined();
    },
  );
});
