import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { key, PUBLISH_TIMEOUT, publishing } from '../../../../../test/support/bridges/publishing.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import type { Publisher } from './publisher.js';

// The shortest back-off each time: by chance the retry came so late that the second had timed out as well.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => vi.restoreAllMocks());

const oom = (): BridgeRefusal => new BridgeRefusal('retry', 'OOM');

interface TwoRefused {
  readonly publisher: Publisher;
  /** What the caller of each was told so far. */
  readonly states: Readonly<Record<string, string>>;
  accept(this: void): Promise<void>;
}

/** `1` is refused until its caller has been told; `2` is refused a moment before the retry that is accepted. */
async function twoRefused(onUndelivered: 'throw' | 'queue'): Promise<TwoRefused> {
  const { publisher, connected, clock, link } = publishing({ onUndelivered });
  connected();
  const states: Record<string, string> = {};
  const watch = (name: string, promise: Promise<unknown>): void => {
    states[name] = 'waiting';
    promise.then(
      () => (states[name] = 'resolved'),
      () => (states[name] = 'rejected'),
    );
  };
  watch('1', publisher.publish([key('1')]));
  await clock.advance(0);
  // Refused again and again, until its publishTimeout is over.
  let answered = 0;
  const refuseAll = (): void => {
    for (; answered < link.publishes.length; answered += 1) link.publishes[answered]?.reject(oom());
  };
  refuseAll();
  while (clock.now() <= PUBLISH_TIMEOUT) {
    await clock.advance(1);
    refuseAll();
  }
  await clock.advance(0);
  watch('2', publisher.publish([key('2')]));
  await clock.advance(0);
  refuseAll();
  await clock.advance(0);
  const sentBefore = link.publishes.length;
  while (link.publishes.length === sentBefore) await clock.advance(1);
  await clock.advance(0);
  const accept = async (): Promise<void> => {
    for (; answered < link.publishes.length; answered += 1) link.publishes[answered]?.resolve('1-0');
    await clock.advance(0);
  };
  return { publisher, states, accept };
}

it.each(['throw', 'queue'] as const)(
  'a caller whose message was refused goes on waiting when an earlier refused one has timed out (%s)',
  async (onUndelivered) => {
    const { states, accept, publisher } = await twoRefused(onUndelivered);
    expect(states['2']).toBe('waiting');
    await accept();
    expect(states['2']).toBe('resolved');
    expect(publisher.waiting).toBe(0);
  },
);

it('a caller is not told at the timeout of an earlier caller whose message was refused too', async () => {
  const { publisher, connected, clock, link } = publishing({ onUndelivered: 'throw' });
  connected();
  void failureOf(publisher.publish([key('1')]));
  await clock.advance(0);
  await clock.advance(PUBLISH_TIMEOUT - 110);
  let state = 'waiting';
  publisher.publish([key('2')]).then(
    () => (state = 'resolved'),
    () => (state = 'rejected'),
  );
  await clock.advance(0);
  link.publishes[0]?.reject(oom());
  link.publishes[1]?.reject(oom());
  await clock.advance(60);
  expect(link.publishes).toHaveLength(3);
  await clock.advance(60);
  expect(state).toBe('waiting');
  link.publishes[2]?.resolve('1-0');
  await clock.advance(0);
  expect(state).toBe('resolved');
});

it('a part of an eviction that is refused again is still waited for when its other part was accepted', async () => {
  const { publisher, connected, clock, link } = publishing({ onUndelivered: 'queue', publishTimeout: 60_000 });
  connected();
  let state = 'waiting';
  // Two messages of one tick.
  void publisher.publish(Array.from({ length: 150 }, (_, i) => key(`${i}`))).then(() => (state = 'resolved'));
  await clock.advance(0);
  expect(link.publishes).toHaveLength(2);
  link.publishes[1]?.reject(oom());
  await clock.advance(0);
  // Another caller's tick is open at the moment of the retry, which drain() does not put off.
  void publisher.publish([key('other')]);
  void publisher.drain(0);
  await clock.advance(0);
  // 3: what was refused, with 'other'
  expect(link.publishes).toHaveLength(3);
  link.publishes[0]?.reject(oom());
  await clock.advance(0);
  void publisher.publish([key('another')]);
  void publisher.drain(0);
  await clock.advance(0);
  link.publishes[2]?.resolve('1-0');
  await clock.advance(0);
  expect(link.publishes).toHaveLength(5);
  expect(publisher.waiting).toBeGreaterThan(0);
  expect(state).toBe('waiting');
  for (const publish of link.publishes) publish.resolve('1-1');
  await clock.advance(0);
  expect(state).toBe('resolved');
});

it('while more messages than a window are without an answer, a caller that comes after publishTimeout waits for its own', async () => {
  const { publisher, connected, clock, link } = publishing({ onUndelivered: 'throw' });
  connected();
  for (let i = 0; i < 1_000; i += 1) {
    void failureOf(publisher.publish([key(`${i}`)]));
    await Promise.resolve();
  }
  void failureOf(publisher.publish([key('early')]));
  await clock.advance(PUBLISH_TIMEOUT + 100);
  let state = 'waiting';
  publisher.publish([key('late')]).then(
    () => (state = 'resolved'),
    () => (state = 'rejected'),
  );
  await clock.advance(0);
  expect(state).toBe('waiting');
  for (const publish of link.publishes) publish.resolve('1-0');
  await clock.advance(0);
  for (const publish of link.publishes) publish.resolve('1-0');
  await clock.advance(0);
  expect(state).toBe('resolved');
});
