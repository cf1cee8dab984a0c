import { describe, expect, it } from 'vitest';
import { progress } from './progress.mjs';

describe('progress', () => {
  it('says how far a run is and how fast, at most once in five seconds', () => {
    const lines: string[] = [];
    let now = 0;
    const tell = progress({ total: 20_000, unit: 'schedules', say: (line) => lines.push(line), now: () => now });
    for (const [at, done] of [
      [4_999, 10],
      [5_000, 50],
      [9_999, 90],
      [10_000, 100],
    ] as const) {
      now = at;
      tell(done, '0 broken');
    }
    now = 20_000;
    tell(10_000);
    expect(lines).toEqual([
      '50 of 20 000 schedules, 600 a minute; 0 broken',
      '100 of 20 000 schedules, 600 a minute; 0 broken',
      '10 000 of 20 000 schedules, 500 a second',
    ]);
  });
});
