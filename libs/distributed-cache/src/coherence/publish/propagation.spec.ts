import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.js';
import { Propagation } from './propagation.js';

function measured(): { clock: ManualClock; propagation: Propagation } {
  const clock = new ManualClock();
  return { clock, propagation: new Propagation(clock) };
}

describe('propagation', () => {
  it('is the time from sending a message until it is heard, when the answer of the log comes first', async () => {
    const { clock, propagation } = measured();
    const sentAt = clock.now();
    await clock.advance(3);
    propagation.logged('1-0', sentAt);
    await clock.advance(4);
    propagation.heard('1-0');
    expect(propagation.summary.max).toBe(7);
  });

  it('is the same when the message is heard first', async () => {
    const { clock, propagation } = measured();
    const sentAt = clock.now();
    await clock.advance(7);
    propagation.heard('1-0');
    await clock.advance(4);
    propagation.logged('1-0', sentAt);
    expect(propagation.summary.max).toBe(7);
  });

  it('counts a message once, however often it is heard', async () => {
    const { clock, propagation } = measured();
    propagation.logged('1-0', clock.now());
    propagation.heard('1-0');
    await clock.advance(500);
    propagation.heard('1-0');
    expect(propagation.summary.max).toBe(0);
  });

  it('needs bounded memory for messages that are never answered', async () => {
    const { clock, propagation } = measured();
    const sentAt = clock.now();
    for (let id = 0; id < 5_000; id += 1) propagation.heard(`${id}-0`);
    await clock.advance(10);
    propagation.logged('0-0', sentAt);
    expect(propagation.summary.max).toBeNull();
    propagation.logged('4999-0', sentAt);
    expect(propagation.summary.max).toBe(0);
  });
});
