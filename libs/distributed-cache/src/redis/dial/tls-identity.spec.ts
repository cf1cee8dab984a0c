import type { PeerCertificate } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { tcpEndpoint, type TcpEndpoint } from '../endpoint.js';
import { expecting, tlsTowards } from './tls-identity.js';

describe('the name expected in the certificate', () => {
  it('is the host name of the endpoint, which is also sent as SNI', () => {
    expect(tlsTowards({ ca: 'PEM' }, tcpEndpoint('shop.example', 1))).toEqual({
      ca: 'PEM',
      servername: 'shop.example',
    });
  });

  it('is the IP address of an endpoint without a host name, which is not sent as SNI', () => {
    const { checkServerIdentity: check, ...rest } = expecting('10.0.0.7');
    expect(rest).toEqual({});
    expect(check?.('', certificateFor('IP Address:10.0.0.7'))).toBeUndefined();
    expect(check?.('', certificateFor('IP Address:10.0.0.8'))).toBeInstanceOf(Error);
  });

  it('is the name of the node that named the address, or the address itself', () => {
    const node: TcpEndpoint = { host: '10.0.0.7', port: 1, tlsName: 'shop.example' };
    const { servername, checkServerIdentity: check } = tlsTowards({}, node);
    expect(servername).toBe('shop.example');
    expect(check?.('', certificateFor('DNS:shop.example'))).toBeUndefined();
    expect(check?.('', certificateFor('IP Address:10.0.0.7'))).toBeUndefined();
    expect(check?.('', certificateFor('DNS:blog.example'))).toBeInstanceOf(Error);
  });

  it.each([{ servername: 'said.example' }, { checkServerIdentity: () => undefined }])(
    'is the one that the application configured: %o',
    (tls) => {
      expect(tlsTowards(tls, tcpEndpoint('shop.example', 1))).toBe(tls);
    },
  );
});

function certificateFor(subjectaltname: string): PeerCertificate {
  const nobody = { C: '', ST: '', L: '', O: '', OU: '', CN: 'redis' };
  return {
    ca: false,
    raw: Buffer.alloc(0),
    subject: nobody,
    issuer: nobody,
    subjectaltname,
    valid_from: '',
    valid_to: '',
    serialNumber: '',
    fingerprint: '',
    fingerprint256: '',
    fingerprint512: '',
  };
}
