import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.js';
import { SuspendWatchdog } from './suspend-watchdog.js';

const INTERVAL = 250;

function watched(): { clock: ManualClock; watchdog: SuspendWatchdog; noticed: number[] } {
  const clock = new ManualClock();
  const noticed: number[] = [];
  const watchdog = new SuspendWatchdog(clock, (milliseconds) => noticed.push(milliseconds));
  watchdog.start();
  return { clock, watchdog, noticed };
}

describe('SuspendWatchdog', () => {
  it('notices within 250 ms when the wall clock has moved a second more than the monotonic one', async () => {
    const { clock, noticed } = watched();
    await clock.advance(100);
    clock.suspend('1s');
    await clock.advance(INTERVAL);
    expect(noticed).toEqual([1_000]);
  });

  it('notices a suspend during which the wall clock was set back', async () => {
    const { clock, noticed } = watched();
    clock.suspend('1h');
    clock.setBack('1h');
    await clock.advance(INTERVAL);
    expect(noticed).toEqual([3_600_000]);
  });

  it('does not take less than a second for a suspend, as clocks are adjusted', async () => {
    const { clock, noticed } = watched();
    clock.suspend(999);
    await clock.advance('1m');
    expect(noticed).toEqual([]);
  });

  it('does not take a blocked event loop for a suspend', async () => {
    const { clock, noticed } = watched();
    await clock.block('1h');
    await clock.advance(INTERVAL);
    expect(noticed).toEqual([]);
  });

  it('notices every suspend, once', async () => {
    const { clock, noticed } = watched();
    clock.suspend('1h');
    await clock.advance('1m');
    clock.suspend('2h');
    await clock.advance('1m');
    expect(noticed).toEqual([3_600_000, 7_200_000]);
  });

  it('notices nothing once it is stopped', async () => {
    const { clock, watchdog, noticed } = watched();
    await clock.advance('1s');
    watchdog.stop();
    clock.suspend('1h');
    await clock.advance('1s');
    expect(noticed).toEqual([]);
  });
});
