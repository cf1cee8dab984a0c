import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PacedReading } from './paced-reading.js';

const CHUNK = 32 * 1024;

/** A socket, with a count of the chunks that were read from it. */
class Bursting {
  readonly stream = new PassThrough({ highWaterMark: 100 * CHUNK });
  readonly #reading = new PacedReading(this);
  chunksRead = 0;

  constructor() {
    this.stream.on('data', (chunk: Buffer) => {
      this.chunksRead += 1;
      this.#reading.read(chunk.length);
    });
  }

  async brings(chunks: number): Promise<void> {
    for (let i = 0; i < chunks; i += 1) this.stream.write(Buffer.alloc(CHUNK));
    await Promise.resolve();
  }
}

describe('PacedReading', () => {
  it('does not pause after a few messages', async () => {
    const bursting = new Bursting();
    await bursting.brings(1);
    expect(bursting.stream.isPaused()).toBe(false);
    await expect.poll(() => bursting.chunksRead).toBe(1);
  });

  it('stops reading after 64 Ki until the event loop has turned', async () => {
    const bursting = new Bursting();
    await bursting.brings(10);
    await expect.poll(() => bursting.chunksRead, { interval: 0 }).toBeGreaterThanOrEqual(2);
    const atOnce: number[] = [];
    for (let before = bursting.chunksRead; before < 10; before = bursting.chunksRead) {
      await setImmediate();
      atOnce.push(bursting.chunksRead - before);
    }
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(2);
  });

  it('reads all of a burst in the end', async () => {
    const bursting = new Bursting();
    await bursting.brings(33);
    await expect.poll(() => bursting.chunksRead).toBe(33);
  });
});
