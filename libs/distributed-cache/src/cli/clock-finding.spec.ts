import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.js';
import { lookAtClock } from './clock-finding.js';
import { Examination } from './examination.js';

/** What the doctor finds when the clock of the server jumps by `jump` ms while it is watched. */
async function foundAfter(jump: number): Promise<string> {
  const clock = new ManualClock();
  let isFirst = true;
  const server = {
    call(): Promise<readonly string[]> {
      const now = 1_700_000_000_000 + clock.now() + (isFirst ? 0 : jump);
      isFirst = false;
      return Promise.resolve([String(Math.floor(now / 1_000)), String((now % 1_000) * 1_000)]);
    },
  };
  const examination = new Examination(() => {});
  const looked = lookAtClock(server, examination, clock);
  await clock.advance(500);
  await looked;
  const [finding] = examination.findings;
  return `${finding?.level}: ${finding?.message}`;
}

describe('what the doctor finds about the clock of the server', () => {
  it.each([0, 200, -200])('is nothing amiss when it goes wrong by %i ms in half a second', async (jump) => {
    expect(await foundAfter(jump)).toMatch(/^ok: /);
  });

  it.each([60_000, -3_000])('is a jump of %i ms, and what to do about it', async (jump) => {
    expect(await foundAfter(jump)).toMatch(/^failed: the clock of the server has jumped by .*Let NTP slew the clock/);
  });

  it('is that TIME is refused, which the scripts need', async () => {
    const examination = new Examination(() => {});
    await lookAtClock({ call: () => Promise.reject(new Error('NOPERM')) }, examination, new ManualClock());
    expect(examination.findings).toMatchObject([{ check: 'clock', level: 'failed' }]);
  });
});
