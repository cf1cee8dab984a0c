import type { PeerCertificate } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { tcpEndpoint, type TcpEndpoint } from '../endpoint.js';
import { expecting, tlsTowards } from './tls-identity.js';

describe('who is expected at the other end', () => {
  it('is the name that leads there, said in SNI as well', () => {
    expect(tlsTowards({ ca: 'PEM' }, tcpEndpoint('shop.example', 1))).toEqual({
      ca: 'PEM',
      servername: 'shop.example',
    });
  });

  it('is an address where that leads there, without SNI', () => {
    const { checkServerIdentity: check, ...rest } = expecting('10.0.0.7');
    expect(rest).toEqual({});
    expect(check?.('', certificateFor('IP Address:10.0.0.7'))).toBeUndefined();
    expect(check?.('', certificateFor('IP Address:10.0.0.8'))).toBeInstanceOf(Error);
  });

  it('is the name by which somebody sent us there, or the address of the node itself', () => {
    const node: TcpEndpoint = { host: '10.0.0.7', port: 1, tlsName: 'shop.example' };
    const { servername, checkServerIdentity: check } = tlsTowards({}, node);
    expect(servername).toBe('shop.example');
    expect(check?.('', certificateFor('DNS:shop.example'))).toBeUndefined();
    expect(check?.('', certificateFor('IP Address:10.0.0.7'))).toBeUndefined();
    expect(check?.('', certificateFor('DNS:blog.example'))).toBeInstanceOf(Error);
  });

  it.each([{ servername: 'said.example' }, { checkServerIdentity: () => undefined }])(
    'is whoever the application expects: %o',
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
