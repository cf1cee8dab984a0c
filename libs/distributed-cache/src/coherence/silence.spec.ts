import { describe, expect, it } from 'vitest';
import { instances, LONGEST_BACK_OFF, logOf } from '../../../../test/support/instances/instances.js';
import { ManualClock } from '../testing/manual-clock.js';
import { Silence } from './silence.js';

const S = 12_000;

interface Listened {
  readonly clock: ManualClock;
  readonly silence: Silence;
  readonly told: string[];
}

/** One that heard news just now. */
function listened(maxStaleness = S): Listened {
  const clock = new ManualClock();
  const told: string[] = [];
  const silence = new Silence(clock, maxStaleness, {
    began: () => void told.push('began'),
    ended: () => void told.push('ended'),
    leaseEnded: () => void told.push('lease ended'),
  });
  silence.start();
  silence.heard(clock.now());
  return { clock, silence, told };
}

describe('a silence', () => {
  it('begins a third of maxStaleness after the last complete sync was sent, when the link is lost', async () => {
    const { clock, silence, told } = listened();
    await clock.advance(1_000);
    silence.linkLost();
    await clock.advance(S / 3 - 1_001);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(['began']);
  });

  it('begins at once when the link is lost later than that', async () => {
    const { clock, silence, told } = listened();
    await clock.advance(S / 3 + 100);
    expect(told).toEqual([]);
    silence.linkLost();
    await clock.advance(0);
    expect(told).toEqual(['began']);
  });

  it('begins a twelfth later on a link that seems to work: the answer to a heartbeat may be on its way', async () => {
    const { clock, told } = listened();
    await clock.advance((S * 5) / 12 - 1);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(['began']);
  });

  it('does not begin while heartbeats are answered', async () => {
    const { clock, silence, told } = listened();
    for (let beats = 0; beats < 100; beats += 1) {
      await clock.advance(S / 3 + 100);
      silence.heard(clock.now() - 100);
    }
    expect(told).toEqual([]);
  });

  it('ends with the next complete sync, and can begin again', async () => {
    const { clock, silence, told } = listened();
    await clock.advance(S / 2);
    silence.heard(clock.now());
    await clock.advance(S / 2);
    expect(told).toEqual(['began', 'ended', 'began']);
  });

  it('does not end with a sync that renews no lease: it was sent before the machine was suspended', async () => {
    const { clock, silence, told } = listened();
    await clock.advance(S / 2);
    silence.heard(Number.NEGATIVE_INFINITY);
    expect(told).toEqual(['began']);
  });

  it('tells the end of the lease once, after the last moment that the lease covers', async () => {
    const { clock, told } = listened();
    await clock.advance(S);
    expect(told).toEqual(['began']);
    await clock.advance(1);
    expect(told).toEqual(['began', 'lease ended']);
    await clock.advance(10 * S);
    expect(told).toEqual(['began', 'lease ended']);
  });

  it('tells no end of a lease that there never was, or that was taken away', async () => {
    const { clock, silence, told } = listened();
    silence.leaseLapsed();
    await clock.advance(10 * S);
    expect(told).toEqual(['began']);
  });

  it('is unknown to a lease without an end, and after the end of the cache', async () => {
    const endless = listened(Infinity);
    await endless.clock.advance('1h');
    const stopped = listened();
    stopped.silence.stop();
    stopped.silence.linkLost();
    await stopped.clock.advance('1h');
    expect([...endless.told, ...stopped.told]).toEqual([]);
  });
});

describe('the end of the lease', () => {
  it.each([
    ['reload', /served for at most maxStaleness after its load, so each key that is read is loaded again about once/],
    ['bypass', /entries are not served, so every read loads/],
  ] as const)('is told once in an outage, with what readers get now: %s', async (whenDisconnected, effect) => {
    const regions = { prices: { whenDisconnected: whenDisconnected === 'reload' ? 'bypass' : 'reload' } } as const;
    const { a, bridge, clock } = await instances(1)
      .with({ maxStaleness: S, whenDisconnected, regions, namespace: 'shop' })
      .connected();
    const ends = (): object[] => logOf(a).lines.filter(({ message }) => message.startsWith('The lease has ended'));
    bridge.cut(a);
    await clock.advance(S);
    expect(ends()).toEqual([]);
    await clock.advance('5m');
    expect(ends()).toEqual([
      {
        level: 'warn',
        message: expect.stringMatching(effect),
        parameters: { namespace: 'shop', target: 'memory', maxStaleness: S, whenDisconnected, exceptions: ['prices'] },
      },
    ]);

    bridge.heal(a);
    await clock.advance(LONGEST_BACK_OFF);
    bridge.cut(a);
    await clock.advance(2 * S);
    expect(ends()).toHaveLength(2);
  });
});
