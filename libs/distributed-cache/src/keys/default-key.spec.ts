import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { InvalidKeyError } from '../errors.js';
import { defaultKey } from './default-key.js';
import { canonicalKey } from './canonical-key.js';

class Money {
  constructor(
    readonly amount: number,
    readonly currency: string,
  ) {}

  toJSON(): unknown {
    return { amount: this.amount, currency: this.currency };
  }
}

class Filter {
  constructor(
    readonly category: string,
    readonly limit: number | undefined,
  ) {}
}

class PricedFilter extends Filter {
  readonly price = 1;
}

class Account {
  readonly id = 'secret';

  greet(): string {
    return this.id;
  }
}

class Endless {
  toJSON(): unknown {
    return new Endless();
  }
}

class Users extends Map<string, string> {}

function nested(depth: number): unknown {
  let value: unknown = 'innermost';
  for (let level = 0; level < depth; level++) value = { inner: value };
  return value;
}

function cyclic(): object {
  const node: { children: unknown[] } = { children: [] };
  node.children.push({ parent: node });
  return node;
}

describe('defaultKey', () => {
  it('is the string itself for exactly one string', () => {
    for (const text of ['42', '', '__proto__', '\u0000list:x']) expect(defaultKey(text)).toBe(text);
  });

  it('escapes a single string that looks like one of its own keys, so that it cannot collide with another entry', () => {
    const key = defaultKey('a', 'b');
    expect(defaultKey(key)).not.toBe(key);
  });

  it('gives a key that canonicalKey does not change', () => {
    expect(canonicalKey(defaultKey('a', 1))).toBe(defaultKey('a', 1));
  });

  it('gives the same keys in every version, since instances of two versions evict from each other during a deployment', () => {
    expect(defaultKey('acme', -0.5, { b: [true, null], a: undefined })).toBe('\u0000args:s4:acmed-0.5;{1:au1:batn]}');
  });

  it('encodes the length of every text, however long it is', () => {
    for (const length of [0, 1, 63, 64, 65, 1_000]) {
      const text = 'x'.repeat(length);
      expect(defaultKey({ [text]: text })).toBe(`\u0000args:{${length}:${text}s${length}:${text}}`);
    }
  });

  it('encodes the length of a long text also when a prototype was polluted', () => {
    const text = 'x'.repeat(70);
    const key = defaultKey([text]);
    Reflect.set(Object.prototype, '70', '7:');
    try {
      expect(defaultKey([text])).toBe(key);
    } finally {
      Reflect.deleteProperty(Object.prototype, '70');
    }
  });

  it('gives distinct keys to values that JSON, String and equality confuse, also nested', () => {
    const bytes = [1, 2, 3, 4, 5, 6, 7, 8];
    const values: unknown[] = [
      undefined,
      null,
      '',
      0,
      '0',
      -0,
      Number.NaN,
      'NaN',
      Infinity,
      -Infinity,
      0n,
      1,
      '1',
      1n,
      true,
      'true',
      false,
      'u',
      's0:',
      new Date(0),
      new Date(1),
      new Date(0).toISOString(),
      new Date(Number.NaN),
      [],
      [undefined],
      [null],
      Array(1),
      Array(2),
      Array(4_294_967_295),
      [undefined, undefined],
      [1, 2],
      [12],
      ['1', 2],
      [[1], 2],
      [1, [2]],
      '1,2',
      {},
      { a: undefined },
      { a: null },
      { a: 1 },
      { 1: 'a' },
      { a: { b: 1 } },
      { a: 1, b: 1 },
      { 0: 1, length: 1 },
      JSON.parse('{"__proto__":1}'),
      new Map(),
      new Map([['a', 1]]),
      new Map([[1, 'a']]),
      new Map<unknown, unknown>([['a', undefined]]),
      new Set(),
      new Set([1]),
      new Set(['1']),
      new Set(['a', 1]),
      new ArrayBuffer(8),
      new DataView(new ArrayBuffer(8)),
      new Uint8Array(bytes),
      Uint8Array.from(bytes).buffer,
      new Int8Array(bytes),
      new Uint8ClampedArray(bytes),
      Buffer.from(bytes),
      Buffer.from(bytes).toJSON(),
      new Uint16Array(bytes),
      new Float64Array([0]),
      new Float64Array([-0]),
      new BigInt64Array([0n]),
    ];
    const wrappings: ((value: unknown) => unknown)[] = [
      (value) => value,
      (value) => ({ value }),
      (value) => [value],
      (value) => new Map([['key', value]]),
      (value) => ({ deep: [{ value }] }),
    ];
    for (const wrap of wrappings) {
      const keys = values.map((value) => defaultKey(wrap(value), 'second'));
      expect(new Set(keys).size).toBe(values.length);
    }
  });

  it('depends on the number of arguments', () => {
    const keys = [
      defaultKey(),
      defaultKey(undefined),
      defaultKey(undefined, undefined),
      defaultKey([]),
      defaultKey('a', 'b'),
      defaultKey(['a', 'b']),
      defaultKey('ab', ''),
      defaultKey('', 'ab'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('does not depend on the order of properties, at any depth', () => {
    expect(defaultKey({ b: 1, a: { d: 2, c: 3 } }, 'x')).toBe(defaultKey({ a: { c: 3, d: 2 }, b: 1 }, 'x'));
  });

  it('does not depend on the order of properties, however many there are', () => {
    for (const count of [2, 16, 17, 40]) {
      const pairs = Array.from(
        { length: count },
        (_, index) => [`property${(index * 7) % count}-${index}`, index] as const,
      );
      expect(defaultKey(Object.fromEntries(pairs))).toBe(defaultKey(Object.fromEntries(pairs.toReversed())));
    }
  });

  it('depends on the order in a list, a Map and a Set', () => {
    expect(defaultKey([1, 2])).not.toBe(defaultKey([2, 1]));
    expect(defaultKey(new Set([1, 2]))).not.toBe(defaultKey(new Set([2, 1])));
    expect(
      defaultKey(
        new Map([
          [1, 1],
          [2, 2],
        ]),
      ),
    ).not.toBe(
      defaultKey(
        new Map([
          [2, 2],
          [1, 1],
        ]),
      ),
    );
  });

  it('encodes an instance with toJSON as its JSON, also nested', () => {
    const json = { amount: 5, currency: 'EUR' };
    expect(defaultKey(new Money(5, 'EUR'))).toBe(defaultKey(json));
    expect(defaultKey({ price: new Money(5, 'EUR') })).toBe(defaultKey({ price: json }));
    expect(defaultKey(new URL('https://example.com/a'), 1)).toBe(defaultKey('https://example.com/a', 1));
  });

  it('encodes an instance whose prototypes hold only constructors by its own properties', () => {
    expect(defaultKey(new Filter('a', 1))).toBe(defaultKey({ limit: 1, category: 'a' }));
    expect(defaultKey(new Filter('a', undefined))).not.toBe(defaultKey({ category: 'a' }));
    expect(defaultKey(new PricedFilter('a', 1))).toBe(defaultKey({ category: 'a', limit: 1, price: 1 }));
    expect(defaultKey(Object.assign(Object.create(null), { a: 1 }))).toBe(defaultKey({ a: 1 }));
  });

  it('encodes a value of another realm as one of this realm', () => {
    const script = '({ a: [1, new Date(0), new Map([[1, new Set([2])]]), new Uint8Array([7])] })';
    const own = { a: [1, new Date(0), new Map([[1, new Set([2])]]), new Uint8Array([7])] };
    expect(defaultKey(runInNewContext(script))).toBe(defaultKey(own));
  });

  it('encodes one object in two places as two equal ones', () => {
    const shared = { a: 1 };
    expect(defaultKey([shared, shared], shared)).toBe(defaultKey([{ a: 1 }, { a: 1 }], { a: 1 }));
  });

  it.each<[string, unknown[], RegExp]>([
    ['a function', [1, () => 'secret'], /argument 2 is a function/],
    ['a symbol', [Symbol('secret')], /argument 1 is a symbol/],
    [
      'a function in a property',
      ['a', { user: { repo: () => 'secret' } }],
      /argument 2, property \.user\.repo is a function/,
    ],
    ['a symbol in a list', [{ 'x y': [1, Symbol('secret')] }], /argument 1, property \["x y"\]\[1\] is a symbol/],
    [
      'a symbol as a key',
      [{ user: { [Symbol('secret')]: 1 } }],
      /argument 1, property \.user has a property whose name is a symbol/,
    ],
    ['a class instance', [{ owner: new Account() }], /argument 1, property \.owner is an instance of Account/],
    ['an instance of a subclass of a built-in', [new Users()], /argument 1 is an instance of Users/],
    [
      'a getter on a prototype',
      [
        Object.create({
          get secret() {
            return 'secret';
          },
        }),
      ],
      /argument 1 is an instance of/,
    ],
    ['a regular expression', [/secret/], /argument 1 is an instance of RegExp/],
    ['an error', [new Error('secret')], /argument 1 is an instance of Error/],
    ['a promise', [Promise.resolve('secret')], /argument 1 is an instance of Promise/],
    ['a boxed string', [Object('secret')], /argument 1 is an instance of String/],
    ['a cyclic value', [1, cyclic()], /argument 2, property \.children\[0\]\.parent is cyclic/],
    [
      'a value nested too deeply',
      [nested(100_000)],
      /argument 1, property \.inner.*….*\.inner is nested more than 256 levels deep/,
    ],
    ['a toJSON that never ends', [new Endless()], /nested more than 256 levels/],
    [
      'a toJSON that gives a function',
      [{ a: { toJSON: () => () => 'secret' } }],
      /argument 1, property \.a is a function/,
    ],
    [
      'a property added to a list',
      [Object.assign([1], { tenant: 'secret' })],
      /argument 1, property \.tenant was added/,
    ],
    [
      'a property added to a sparse list',
      [Object.assign(Array(1), { tenant: 'secret' })],
      /property \.tenant was added/,
    ],
    ['a property added to a Map', [Object.assign(new Map(), { tenant: 'secret' })], /property \.tenant was added/],
    [
      'a getter',
      [
        {
          get tenant() {
            return 'secret';
          },
        },
      ],
      /argument 1, property \.tenant is a getter or setter/,
    ],
    ['a setter', [{ a: { set tenant(_: string) {} } }], /argument 1, property \.a\.tenant is a getter or setter/],
    ['a property that is not enumerable', [hiding({ id: 1 })], /argument 1, property \.tenant is not enumerable/],
    ['a hidden property of a DTO', [{ a: hiding(new Dto()) }], /property \.a\.tenant is not enumerable/],
    ['a hidden property of a list', [hiding([1])], /argument 1, property \.tenant was added/],
    ['a hidden property of a Date', [hiding(new Date(0))], /argument 1, property \.tenant was added/],
    ['a hidden property of a Set', [[hiding(new Set())]], /argument 1, property \[0\]\.tenant was added/],
    ['a property added to a Buffer', [Object.assign(Buffer.from('a'), { tenant: 'secret' })], /\.tenant was added/],
    ['a hidden property of a typed array', [hiding(new Float64Array(2))], /argument 1, property \.tenant was added/],
    ['a symbol as a key of an ArrayBuffer', [Object.assign(new ArrayBuffer(1), { [Symbol('x')]: 1 })], /is a symbol/],
    ['a value in a Set', [new Set([1, () => 'secret'])], /argument 1, property \[1\] is a function/],
  ])('refuses %s with an error that says where and what to do, without the value', (_, args, message) => {
    expect(() => defaultKey(...args)).toThrow(InvalidKeyError);
    expect(() => defaultKey(...args)).toThrow(message);
    expect(() => defaultKey(...args)).toThrow(/Give `key`/);
    expect(() => defaultKey(...args)).not.toThrow(/secret/);
  });

  it('encodes a value of the greatest depth that is allowed', () => {
    expect(defaultKey(nested(256))).not.toBe(defaultKey(nested(255)));
  });

  it('gives distinct values distinct keys and equal values equal ones', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      maxDepth: 3,
      maxKeys: 3,
      key: fc.constantFrom('a', 'b', '', '1', '__proto__'),
      values: [
        fc.constantFrom<unknown>(undefined, null, '', '0', 0, -0, Number.NaN, 'a', true, 1n, '\ud800'),
        fc.integer(),
        fc.string(),
      ],
    });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 3 }), fc.array(anything, { maxLength: 3 }), (one, other) => {
        expect(defaultKey('', ...one) === defaultKey('', ...other)).toBe(isSameContent(one, other));
        expect(defaultKey('', ...one)).toBe(defaultKey('', ...structuredClone(one)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives shuffled properties the same key', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.anything({ maxDepth: 1 })), { selector: ([name]) => name });
    const shuffled = entries.chain((pairs) =>
      fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
    );
    fc.assert(
      fc.property(shuffled, ([pairs, others]) => {
        expect(defaultKey(Object.fromEntries(others))).toBe(defaultKey(Object.fromEntries(pairs)));
      }),
    );
  });
});

/** Node's deep strict equality, but with regard to the order in a Map or Set. */
function isSameContent(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(inOrder(one), inOrder(other));
}

function inOrder(value: unknown): unknown {
  if (value instanceof Map) return { map: [...value].map(inOrder) };
  if (value instanceof Set) return { set: [...value].map(inOrder) };
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, property]) => [name, inOrder(property)]));
}

class Dto {
  readonly id = 1;
}

/** Adds a property that no copy and no JSON shows. */
function hiding<T extends object>(value: T): T {
  return Object.defineProperty(value, 'tenant', { value: 'secret', enumerable: false });
}
