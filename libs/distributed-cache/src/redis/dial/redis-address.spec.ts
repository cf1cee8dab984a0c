import { describe, expect, it } from 'vitest';
import { addressAt, describePlace, movedTo, throughNat } from './redis-address.js';

const named = addressAt('shop.example', 10_000);
const numbered = addressAt('10.0.0.1', 7_000);

describe('MOVED', () => {
  it('sends to an address under the name of the node that says so', () => {
    expect(movedTo('MOVED 3999 10.0.0.2:8501', named)).toEqual({
      host: '10.0.0.2',
      port: 8_501,
      tlsName: 'shop.example',
    });
  });

  it('sends to an address under its own name, when the node that says so has none', () => {
    expect(movedTo('MOVED 3999 10.0.0.2:8501', numbered)).toEqual(addressAt('10.0.0.2', 8_501));
    expect(movedTo('MOVED 3999 10.0.0.2:8501', { path: '/run/redis.sock' })).toEqual(addressAt('10.0.0.2', 8_501));
  });

  it('sends to a name under that name', () => {
    expect(movedTo('MOVED 3999 node-2.example:8501', named)).toEqual(addressAt('node-2.example', 8_501));
  });

  it('without a host sends to another port of the same host', () => {
    expect(movedTo('MOVED 3999 :8501', named)).toEqual(addressAt('shop.example', 8_501));
    expect(movedTo('MOVED 3999 :8501', { path: '/run/redis.sock' })).toEqual(addressAt('localhost', 8_501));
  });

  it('may name an IPv6 address', () => {
    expect(movedTo('MOVED 3999 2001:db8::2:8501', numbered)).toEqual(addressAt('2001:db8::2', 8_501));
  });

  it('of a node that does not know the name of another says what to set', () => {
    expect(() => movedTo('MOVED 3999 ?:8501', named)).toThrow(/shop\.example:10000 .*cluster-announce-hostname/);
  });

  it.each(['ASK 3999 10.0.0.2:8501', 'ERR MOVED 3999 10.0.0.2:8501', 'MOVED', ''])('is not "%s"', (answer) => {
    expect(movedTo(answer, named)).toBeUndefined();
  });

  it('leads through natMap, a table or a function, where that knows the address', () => {
    const natMap = { '10.0.0.2:8501': { host: '192.0.2.2', port: 1 } };
    const outside = { host: '192.0.2.2', port: 1, tlsName: 'shop.example' };
    expect(movedTo('MOVED 3999 10.0.0.2:8501', named, natMap)).toEqual(outside);
    expect(movedTo('MOVED 3999 10.0.0.2:8501', named, (key) => (key === '10.0.0.2:8501' ? outside : null))).toEqual(
      outside,
    );
    expect(movedTo('MOVED 3999 10.0.0.3:8501', numbered, natMap)).toEqual(addressAt('10.0.0.3', 8_501));
    expect(throughNat(numbered, { '10.0.0.1:7000': { host: 'out.example', port: 2 } })).toEqual(
      addressAt('out.example', 2),
    );
  });
});

describe('a place', () => {
  it('is told of by host and port, or by its path', () => {
    expect([addressAt('Shop.Example', 1), addressAt('::1', 2), { path: '/run/redis.sock' }].map(describePlace)).toEqual(
      ['shop.example:1', '[::1]:2', '/run/redis.sock'],
    );
  });
});
