import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.js';

describe('ManualClock', () => {
  it('stands still until it is advanced', async () => {
    const clock = new ManualClock(5_000);
    expect(clock.now()).toBe(5_000);
    await clock.advance('10s');
    expect(clock.now()).toBe(15_000);
  });

  it('runs each timer at its time, in order', async () => {
    const clock = new ManualClock(0);
    const ran: [string, number][] = [];
    clock.schedule(() => ran.push(['late', clock.now()]), 300);
    clock.schedule(() => ran.push(['early', clock.now()]), 100);
    await clock.advance(400);
    expect(ran).toEqual([
      ['early', 100],
      ['late', 300],
    ]);
  });

  it('runs timers that a timer schedules within the advanced time', async () => {
    const clock = new ManualClock(0);
    const ran: number[] = [];
    const every100 = (): void => {
      ran.push(clock.now());
      clock.schedule(every100, 100);
    };
    clock.schedule(every100, 100);
    await clock.advance(300);
    expect(ran).toEqual([100, 200, 300]);
  });

  it('does not run a timer that was cancelled, nor one that is not due', async () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    const cancel = clock.schedule(() => ran.push('cancelled'), 10);
    clock.schedule(() => ran.push('not due'), 21);
    cancel();
    await clock.advance(20);
    expect(ran).toEqual([]);
  });

  it('lets promises settle between two timers', async () => {
    const clock = new ManualClock();
    const order: string[] = [];
    clock.schedule(() => void Promise.resolve().then(() => order.push('promise of the first')), 1);
    clock.schedule(() => order.push('second'), 1);
    await clock.advance(1);
    expect(order).toEqual(['promise of the first', 'second']);
  });

  it('runs the timers of a blocked event loop only at the end of the block', async () => {
    const clock = new ManualClock(0);
    const ran: number[] = [];
    clock.schedule(() => ran.push(clock.now()), 100);
    await clock.block('1s');
    expect(ran).toEqual([1_000]);
  });

  it('moves only the wall clock while the machine is suspended', () => {
    const clock = new ManualClock(0);
    clock.suspend('1h');
    expect(clock.now()).toBe(0);
    expect(clock.wallNow()).toBe(3_600_000);
  });
});
