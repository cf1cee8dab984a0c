import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PacedReading } from './paced-reading.js';

const KIB = 'x'.repeat(1_024);

/**
 * A connection that reads `messages` of 1 KiB at once, and the numbers of those that were delivered.
 *
 * @param milliseconds - how long each takes
 */
function reading(messages: number, milliseconds = 0): { stream: PassThrough; delivered: number[] } {
  const stream = new PassThrough();
  stream.resume();
  const delivered: number[] = [];
  const paced = new PacedReading({ stream }, (channel) => delivered.push(Number(channel)), {
    now: () => delivered.length * milliseconds,
  });
  for (let number = 0; number < messages; number += 1) paced.received(String(number), KIB);
  return { stream, delivered };
}

describe('PacedReading', () => {
  it('delivers a few messages at once, and reads on', () => {
    const { stream, delivered } = reading(15);
    expect(delivered).toHaveLength(15);
    expect(stream.isPaused()).toBe(false);
  });

  it('delivers at most 16 Ki in a turn of the event loop, in order, also of what was read at once', async () => {
    const { stream, delivered } = reading(64);
    const each = [delivered.length];
    while (delivered.length < 64) {
      expect(stream.isPaused()).toBe(true);
      const before = delivered.length;
      await setImmediate();
      each.push(delivered.length - before);
    }
    expect(each).toEqual([16, 16, 16, 16]);
    expect(delivered).toEqual(Array.from({ length: 64 }, (_, number) => number));
  });

  it('delivers for at most a millisecond in a turn, and then lets the message that it delivers by then be the last one', async () => {
    const { stream, delivered } = reading(8, 0.4);
    const each = [delivered.length];
    while (delivered.length < 8) {
      expect(stream.isPaused()).toBe(true);
      const before = delivered.length;
      await setImmediate();
      each.push(delivered.length - before);
    }
    expect(each).toEqual([3, 3, 2]);
    await expect.poll(() => stream.isPaused()).toBe(false);
  });

  it('reads on when everything is delivered', async () => {
    const { stream, delivered } = reading(20);
    await expect.poll(() => stream.isPaused()).toBe(false);
    expect(delivered).toHaveLength(20);
  });
});
