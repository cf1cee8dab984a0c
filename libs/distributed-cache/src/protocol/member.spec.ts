import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberWith } from '../../../../test/support/bridges/bridge-member.js';
import type { InvalidationTarget } from './invalidation.js';
import { decodeMember, decodeSettings, encodeMember, encodeSettings, mayServeFor, staysListedFor } from './member.js';

const price: InvalidationTarget = { kind: 'key', region: 'prices', key: '1' };
const product: InvalidationTarget = { kind: 'key', region: 'products', key: '1' };

describe('a member in the list of Redis', () => {
  it('is decoded to the member that was encoded', () => {
    const members = fc.record({
      instanceId: fc.string(),
      maxStaleness: fc.oneof(fc.nat(), fc.constant(Infinity)),
      whenDisconnected: fc.constantFrom('reload' as const, 'bypass' as const),
      exceptions: fc.array(fc.string()),
    });
    fc.assert(
      fc.property(members, (member) => {
        expect(decodeMember(encodeMember(member))).toEqual(member);
      }),
    );
  });

  it.each(['', 'web-1:1:1', '[]', 'null', '{"i":"a","s":"1"}', '{"i":"a","s":-1}'])(
    'that cannot be decoded, %j, is waited for until it acknowledges',
    (text) => {
      expect(mayServeFor(decodeMember(text), 0, [product])).toBe(Infinity);
    },
  );

  it.each(['{"i":"a","s":5,"b":1,"x":"prices"}', '{"i":"a","s":5,"b":1,"x":[1]}'])(
    'whose exceptions cannot be decoded, %j, counts as in reload everywhere',
    (text) => {
      expect(mayServeFor(decodeMember(text), 5, [price])).toBe(5);
    },
  );

  it('is decoded without throwing, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeMember(text)).toBeDefined();
      }),
    );
  });
});

describe('settings in the list of Redis', () => {
  it('are one text for all instances that have them, and are decoded from it', () => {
    const settings = { maxStaleness: 5, whenDisconnected: 'bypass', exceptions: ['a', 'b'] } as const;
    const text = encodeSettings(memberWith(settings));
    expect(encodeSettings({ ...settings, exceptions: ['b', 'a'] })).toBe(text);
    expect(decodeSettings(text)).toEqual(settings);
  });
});

it.each([
  [10_000, 600_000],
  [3_600_000, 3_600_000],
  [Infinity, Infinity],
])('a member with a maxStaleness of %d ms stays listed for %d ms after its last sync', (maxStaleness, time) => {
  expect(staysListedFor(memberWith({ maxStaleness }))).toBe(time);
});

describe('a member that does not acknowledge', () => {
  it('in reload may serve for its whole maxStaleness, as it may have loaded a copy just before', () => {
    expect(mayServeFor(memberWith(), 9_000, [product])).toBe(10_000);
  });

  it('in bypass may serve until the lease of its last sync is over', () => {
    const member = memberWith({ whenDisconnected: 'bypass' });
    expect(mayServeFor(member, 3_000, [product])).toBe(7_000);
    expect(mayServeFor(member, 12_000, [product])).toBe(-2_000);
  });

  it('in bypass may serve for its maxStaleness at most, also when the clock of the server was set back', () => {
    const member = memberWith({ whenDisconnected: 'bypass' });
    expect(mayServeFor(member, -60_000, [product])).toBe(10_000);
  });

  it('counts by the mode of the region that is evicted', () => {
    const member = memberWith({ exceptions: ['prices'] });
    expect(mayServeFor(member, 4_000, [price])).toBe(6_000);
    expect(mayServeFor(member, 4_000, [price, product])).toBe(10_000);
  });

  it.each<[string, InvalidationTarget]>([
    ['a tag', { kind: 'tag', tag: 't' }],
    ['everything', { kind: 'everything' }],
  ])('counts by the longest mode of its regions for %s, which may be in any region', (_, name) => {
    const bypass = memberWith({ whenDisconnected: 'bypass' });
    expect(mayServeFor(bypass, 4_000, [name])).toBe(6_000);
    expect(mayServeFor({ ...bypass, exceptions: ['products'] }, 4_000, [name])).toBe(10_000);
  });
});
