import { describe, expect, it } from 'vitest';
import { tcpEndpoint, describeEndpoint, movedTo, throughNat } from './endpoint.js';

const named = tcpEndpoint('shop.example', 10_000);
const numbered = tcpEndpoint('10.0.0.1', 7_000);

describe('movedTo', () => {
  it('expects of an address the certificate of the node that named it', () => {
    expect(movedTo('MOVED 3999 10.0.0.2:8501', named)).toEqual({
      host: '10.0.0.2',
      port: 8_501,
      tlsName: 'shop.example',
    });
  });

  it('expects of an address its own certificate, when the node that named it has no host name', () => {
    expect(movedTo('MOVED 3999 10.0.0.2:8501', numbered)).toEqual(tcpEndpoint('10.0.0.2', 8_501));
    expect(movedTo('MOVED 3999 10.0.0.2:8501', { path: '/run/redis.sock' })).toEqual(tcpEndpoint('10.0.0.2', 8_501));
  });

  it('expects of a host name a certificate for that name', () => {
    expect(movedTo('MOVED 3999 node-2.example:8501', named)).toEqual(tcpEndpoint('node-2.example', 8_501));
  });

  it('takes an empty host for another port on the same host', () => {
    expect(movedTo('MOVED 3999 :8501', named)).toEqual(tcpEndpoint('shop.example', 8_501));
    expect(movedTo('MOVED 3999 :8501', { path: '/run/redis.sock' })).toEqual(tcpEndpoint('localhost', 8_501));
  });

  it('reads an IPv6 address', () => {
    expect(movedTo('MOVED 3999 2001:db8::2:8501', numbered)).toEqual(tcpEndpoint('2001:db8::2', 8_501));
  });

  it('throws with the setting to change, when the node does not know the host name of the other', () => {
    expect(() => movedTo('MOVED 3999 ?:8501', named)).toThrow(/shop\.example:10000 .*cluster-announce-hostname/);
  });

  it.each(['ASK 3999 10.0.0.2:8501', 'ERR MOVED 3999 10.0.0.2:8501', 'MOVED', ''])(
    'gives undefined for the answer "%s"',
    (answer) => {
      expect(movedTo(answer, named)).toBeUndefined();
    },
  );

  it('translates an address that natMap knows, be that a table or a function', () => {
    const natMap = { '10.0.0.2:8501': { host: '192.0.2.2', port: 1 } };
    const outside = { host: '192.0.2.2', port: 1, tlsName: 'shop.example' };
    expect(movedTo('MOVED 3999 10.0.0.2:8501', named, natMap)).toEqual(outside);
    expect(movedTo('MOVED 3999 10.0.0.2:8501', named, (key) => (key === '10.0.0.2:8501' ? outside : null))).toEqual(
      outside,
    );
    expect(movedTo('MOVED 3999 10.0.0.3:8501', numbered, natMap)).toEqual(tcpEndpoint('10.0.0.3', 8_501));
    expect(throughNat(numbered, { '10.0.0.1:7000': { host: 'out.example', port: 2 } })).toEqual(
      tcpEndpoint('out.example', 2),
    );
  });
});

describe('describeEndpoint', () => {
  it('gives the host, in lower case, and the port, or the path of a socket', () => {
    expect(
      [tcpEndpoint('Shop.Example', 1), tcpEndpoint('::1', 2), { path: '/run/redis.sock' }].map(describeEndpoint),
    ).toEqual(['shop.example:1', '[::1]:2', '/run/redis.sock']);
  });
});
