import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.js';
import { ManualClock } from '../testing/manual-clock.js';
import { answerInTime, NoAnswerError } from './answer-in-time.js';

describe('answerInTime', () => {
  it('passes the answer on, and the error', async () => {
    const clock = new ManualClock();
    await expect(answerInTime(() => Promise.resolve('pong'), 'a ping', 100, clock)).resolves.toBe('pong');
    await expect(answerInTime(() => Promise.reject(new Error('refused')), 'a ping', 100, clock)).rejects.toThrow(
      'refused',
    );
  });

  it('passes on what a bridge throws instead of rejecting', async () => {
    const failing = (): Promise<string> => {
      throw new Error('thrown');
    };
    await expect(answerInTime(failing, 'a ping', 100, new ManualClock())).rejects.toThrow('thrown');
  });

  it('gives up when the time is over, saying what was asked', async () => {
    const clock = new ManualClock();
    const answer = answerInTime(() => new Promise(() => {}), 'a sync', 2_000, clock);
    const [outcome] = await Promise.all([answer.catch((error: unknown) => error), clock.advance(2_000)]);
    expect(outcome).toEqual(new NoAnswerError('a sync', 2_000));
  });

  it('does not give up before', async () => {
    const clock = new ManualClock();
    const asked = deferred<string>();
    const answer = answerInTime(() => asked.promise, 'a sync', 2_000, clock);
    await clock.advance(1_999);
    asked.resolve('late but in time');
    await expect(answer).resolves.toBe('late but in time');
  });

  it('gives the event loop one more turn, for the answer that came while the loop was blocked', async () => {
    const clock = new ManualClock();
    const asked = deferred<string>();
    const answer = answerInTime(() => asked.promise, 'a sync', 2_000, clock);
    // Due in the same turn as the time-out, and read from the socket right after it.
    clock.schedule(() => asked.resolve('it lay in the socket'), 2_000);
    await clock.block('3s');
    await expect(answer).resolves.toBe('it lay in the socket');
  });
});
