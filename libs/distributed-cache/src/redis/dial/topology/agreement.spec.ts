import { describe, expect, it } from 'vitest';
import { tcpEndpoint } from '../../endpoint.js';
import { agreementOf, type NamedPrimary } from './agreement.js';

const names = (host: string, configEpoch: number): NamedPrimary => ({
  endpoint: tcpEndpoint(host, 6_379),
  configEpoch,
});
const agreedOn = (...answers: NamedPrimary[]): string | undefined => agreementOf(answers)?.endpoint.host;

describe('the sentinels name', () => {
  it('the primary that most of them name, whatever the configuration epoch of another one is', () => {
    expect(agreedOn(names('old', 7), names('new', 0), names('new', 0))).toBe('new');
    expect(agreedOn(names('new', 0), names('new', 0), names('old', 7))).toBe('new');
  });

  it('the primary of the latest failover when equally many name another one', () => {
    expect(agreedOn(names('old', 1), names('new', 2))).toBe('new');
    expect(agreedOn(names('new', 2), names('old', 1))).toBe('new');
    expect(agreedOn(names('old', 1), names('new', 1), names('new', 2), names('old', 1))).toBe('new');
  });

  it('the same primary to every instance when the epochs are equal as well', () => {
    expect(agreedOn(names('b', 0), names('a', 0))).toBe(agreedOn(names('a', 0), names('b', 0)));
  });

  it('nothing when none of them answers', () => {
    expect(agreementOf([])).toBeUndefined();
  });
});
