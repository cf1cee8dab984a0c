import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalKey } from '../keys/canonical-key.js';
import { type KeyParts, keyUrl, requestKey } from './request-key.js';
import type { IncomingRequest } from './request.js';

/** Texts that look as if they were put together already. */
const text = fc.oneof(
  fc.constantFrom('', '-', '0:', '1:a', '=', ';u', '\u0000http:', 'a', 'x'.repeat(600)),
  fc.string({ maxLength: 6 }),
);
const maybe = fc.option(text, { nil: undefined });
const headers = fc.record({ a: maybe, b: maybe });
const parts = fc.record({
  route: fc.nat(12),
  given: fc.option(fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), { nil: undefined }),
  host: maybe,
  url: text,
  originalUrl: maybe,
  version: maybe,
  scope: maybe,
  vary: fc.constantFrom<readonly string[]>([], ['a'], ['b'], ['a', 'b']),
});

function key(given: KeyParts, sent: Readonly<Record<string, string | undefined>>): string {
  const request: IncomingRequest = { method: 'GET', url: '/', headers: sent };
  return requestKey(request, given, 'Here');
}

/** What the key is made of, in a form in which nothing can be confused. */
function meaning(given: KeyParts, sent: Readonly<Record<string, string | undefined>>): string {
  const { route, given: own, host, url, originalUrl, version, scope, vary } = given;
  const first = own === undefined ? ['url', url, host, originalUrl] : ['key', canonicalKey(own)];
  return JSON.stringify([route, first, version, scope, vary.map((name) => [name, sent[name]])].map(withUndefined));
}

function withUndefined(value: unknown): unknown {
  if (value === undefined) return { nothing: true };
  return Array.isArray(value) ? value.map(withUndefined) : value;
}

describe('the key of a response', () => {
  it('is the same for two requests only if everything that counts is the same', () => {
    fc.assert(
      fc.property(parts, headers, parts, headers, (one, oneSent, other, otherSent) => {
        expect(key(one, oneSent) === key(other, otherSent)).toBe(meaning(one, oneSent) === meaning(other, otherSent));
      }),
      { numRuns: 5_000 },
    );
  });

  it('differs when one part differs', () => {
    const sent = { a: '1' };
    const base: KeyParts = {
      route: 1,
      given: undefined,
      host: 'h',
      url: '/a',
      originalUrl: undefined,
      version: undefined,
      scope: undefined,
      vary: ['a'],
    };
    const changes: readonly Partial<KeyParts>[] = [
      { route: 2 },
      { given: '/a' },
      { host: undefined },
      { url: '/b' },
      { originalUrl: '' },
      { version: '' },
      { scope: '' },
      { vary: [] },
      { vary: ['b'] },
    ];
    const keys = [base, ...changes.map((change) => ({ ...base, ...change }))].map((each) => key(each, sent));
    expect(new Set([...keys, key(base, { a: '' })]).size).toBe(changes.length + 2);
  });

  it('is no key of an application', () => {
    fc.assert(
      fc.property(parts, headers, text, (given, sent, own) => {
        const made = key(given, sent);
        expect(canonicalKey(own)).not.toBe(made);
        expect(canonicalKey(made)).not.toBe(made);
      }),
    );
  });
});

describe('the URL in the key', () => {
  it.each([
    ['/a', '/a'],
    ['/a?', '/a?'],
    ['/a?b=2&a=1', '/a?a=1&b=2'],
    ['/a?a=2&a=1', '/a?a=1&a=2'],
    ['/a?a&a=', '/a?a&a='],
    ['/a?ab=1&a=2', '/a?a=2&ab=1'],
    ['/a?b=%26&a=1', '/a?a=1&b=%26'],
    ['/a?b=?&a=1', '/a?a=1&b=?'],
    ['/A/?x=1', '/A/?x=1'],
  ])('of %s is %s', (url, expected) => {
    expect(keyUrl(url, undefined)).toBe(expected);
  });

  it.each([
    ['/a?b=2&a=1', '/a?a=1'],
    ['/a?%61=1&b=2', '/a?%61=1'],
    ['/a?a[x]=1&a=2&ab=3', '/a?a=2&a[x]=1'],
    ['/a?+a=1&a+=2', '/a'],
    ['/a?%zz=1&a=%zz', '/a?a=%zz'],
    ['/a?c', '/a'],
  ])('of %s, with a alone, is %s', (url, expected) => {
    expect(keyUrl(url, new Set(['a']))).toBe(expected);
  });
});
