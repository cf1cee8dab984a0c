import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../testing/manual-clock.js';
import { canonicalAddress, HostAddresses } from './host-addresses.js';

/** A system whose answers the test gives. */
class Lookups {
  readonly open: {
    readonly host: string;
    answer(this: void, ...addresses: readonly string[]): void;
    fail(this: void): void;
  }[] = [];

  readonly lookup: LookupFunction = (host, _options, callback) => {
    this.open.push({
      host,
      answer: (...addresses) =>
        callback(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        ),
      fail: () => callback(new Error('EAI_AGAIN'), ''),
    });
  };

  get hosts(): readonly string[] {
    return this.open.map(({ host }) => host);
  }
}

describe('the addresses of a host name', () => {
  it('are asked for one name at a time', async () => {
    const clock = new ManualClock();
    const lookups = new Lookups();
    const addresses = new HostAddresses(lookups.lookup, clock);
    const [one, other] = [addresses.of('one.test', 0), addresses.of('other.test', 0)];
    await clock.advance(0);
    expect(lookups.hosts).toEqual(['one.test']);
    lookups.open[0]?.answer('10.0.0.1', '::ffff:10.0.0.2');
    expect([...(await one)]).toEqual(['10.0.0.1', '10.0.0.2']);
    await clock.advance(0);
    expect(lookups.hosts).toEqual(['one.test', 'other.test']);
    lookups.open[1]?.fail();
    expect([...(await other)]).toEqual([]);
  });

  it('are unknown after five seconds, and the next question waits until the system has answered or a minute is over', async () => {
    const clock = new ManualClock();
    const lookups = new Lookups();
    const addresses = new HostAddresses(lookups.lookup, clock);
    const answers: number[] = [];
    for (const host of ['slow.test', 'silent.test', 'last.test']) {
      void addresses.of(host, 0).then(({ size }) => answers.push(size));
    }
    await clock.advance('5s');
    expect(answers).toEqual([0]);
    await clock.advance('10s');
    expect(lookups.hosts).toEqual(['slow.test']);

    lookups.open[0]?.answer('10.0.0.1');
    await clock.advance('5s');
    expect(answers).toEqual([0, 0]);
    await clock.advance('54s');
    expect(lookups.hosts).toEqual(['slow.test', 'silent.test']);
    await clock.advance('1s');
    expect(lookups.hosts).toEqual(['slow.test', 'silent.test', 'last.test']);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:7f00:1', '127.0.0.1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['FE80::1%eth0', 'fe80::1'],
    ['2001:DB8::0:1', '2001:db8::1'],
  ])('compare as one: %s is %s', (address, canonical) => {
    expect(canonicalAddress(address)).toBe(canonical);
  });
});
