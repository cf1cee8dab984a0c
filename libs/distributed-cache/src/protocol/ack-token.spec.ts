import { describe, expect, it } from 'vitest';
import { decodeInvalidation, encodeInvalidation } from './invalidation-message.js';
import { ackAddress, addressIn, newAckToken } from './ack-token.js';

describe('a token', () => {
  it('names the address of the instance that waits, which no other instance has', () => {
    const [one, other] = ['host:1:0123abcd', 'host:1:0123abce'].map(ackAddress);
    expect(one).not.toBe(other);
    expect(addressIn(newAckToken(one ?? ''))).toBe(one);
    expect(newAckToken(one ?? '')).not.toBe(newAckToken(one ?? ''));
  });

  it('is not too long for a message', () => {
    const token = newAckToken(ackAddress('host:1:0123abcd'));
    const decoded = decodeInvalidation(encodeInvalidation('host:1:0123abcd', [{ kind: 'everything' }], token));
    expect(decoded).toMatchObject({ message: { token } });
  });

  it.each([
    '',
    '00000000-0000-4000-8000-000000000000',
    '0123456789abcdef',
    '../0123456789abcde.0',
    '0123456789abcdef.x',
  ])('has no address when it is of another form: %j', (token) => {
    expect(addressIn(token)).toBeUndefined();
  });
});
