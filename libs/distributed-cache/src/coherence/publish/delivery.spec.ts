import { describe, expect, it } from 'vitest';
import { key, publishing, PUBLISH_TIMEOUT } from '../../../../../test/support/bridges/publishing.js';
import { InvalidationNotDeliveredError } from '../../errors.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';

/** What has become of a promise by now. */
function watch(promise: Promise<unknown>): { outcome: 'pending' | 'resolved' | Error } {
  const watched: { outcome: 'pending' | 'resolved' | Error } = { outcome: 'pending' };
  promise.then(
    () => (watched.outcome = 'resolved'),
    (error: Error) => (watched.outcome = error),
  );
  return watched;
}

describe('the promise of an eviction', () => {
  it('resolves when the log has accepted the entry, not before', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    const eviction = watch(publisher.publish([key('1')]));
    await clock.advance(PUBLISH_TIMEOUT - 1);
    expect(eviction.outcome).toBe('pending');
    link.publishes[0]?.resolve('1-0');
    await clock.advance(0);
    expect(eviction.outcome).toBe('resolved');
  });

  it('resolves only when the log has accepted every message that it takes', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    const eviction = watch(publisher.publish(Array.from({ length: 150 }, (_, index) => key(`${index}`))));
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await clock.advance(0);
    expect(eviction.outcome).toBe('pending');
    link.publishes[1]?.resolve('2-0');
    await clock.advance(0);
    expect(eviction.outcome).toBe('resolved');
  });

  it('does not wait for the messages of another tick', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    const second = watch(publisher.publish([key('2')]));
    await clock.advance(0);
    link.publishes[1]?.resolve('2-0');
    await clock.advance(0);
    expect(second.outcome).toBe('resolved');
  });

  it('resolves at once when the log is known to be out of reach', async () => {
    const { publisher } = publishing();
    await expect(publisher.publish([key('1')])).resolves.toMatchObject({ delivered: false });
    expect(publisher.waiting).toBe(1);
  });

  it('resolves after publishTimeout when the log is slow; the invalidation is still being sent', async () => {
    const { publisher, connected, clock } = publishing();
    connected();
    const eviction = watch(publisher.publish([key('1')]));
    await clock.advance(PUBLISH_TIMEOUT - 1);
    expect(eviction.outcome).toBe('pending');
    await clock.advance(1);
    expect(eviction.outcome).toBe('resolved');
    expect(publisher.waiting).toBe(1);
  });

  it('waits for the retry when the log refused the message', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    const eviction = watch(publisher.publish([key('1')]));
    await clock.advance(0);
    link.publishes[0]?.reject(new BridgeRefusal('retry', 'BUSY'));
    await clock.advance(100);
    expect(eviction.outcome).toBe('pending');
    link.publishes[1]?.resolve('1-0');
    await clock.advance(0);
    expect(eviction.outcome).toBe('resolved');
  });

  it('resolves when the link is lost: the outbox has the targets', async () => {
    const { publisher, connected, clock } = publishing();
    connected();
    const eviction = watch(publisher.publish([key('1')]));
    await clock.advance(0);
    publisher.suspend();
    await clock.advance(0);
    expect(eviction.outcome).toBe('resolved');
  });
});

describe("the promise of an eviction with onUndelivered: 'throw'", () => {
  const throwing = (): ReturnType<typeof publishing> => publishing({ onUndelivered: 'throw' });

  it('resolves when the log has accepted the entry', async () => {
    const { publisher, connected, clock, link } = throwing();
    connected();
    const eviction = publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await expect(eviction).resolves.toMatchObject({ delivered: true });
  });

  it('rejects at once when the log is known to be out of reach; the outbox has the invalidation', async () => {
    const { publisher } = throwing();
    await expect(publisher.publish([key('1')])).rejects.toThrow(InvalidationNotDeliveredError);
    expect(publisher.waiting).toBe(1);
  });

  it('rejects after publishTimeout with an error that says what happened and that it will be delivered', async () => {
    const { publisher, connected, clock } = throwing();
    connected();
    const eviction = watch(publisher.publish([key('1')]));
    await clock.advance(PUBLISH_TIMEOUT);
    expect(eviction.outcome).toMatchObject({
      code: 'INVALIDATION_NOT_DELIVERED',
      message: expect.stringMatching(/publishTimeout \(1000 ms\).*waits in the outbox and will be delivered/s),
    });
    expect(publisher.waiting).toBe(1);
  });

  it('rejects when the link is lost', async () => {
    const { publisher, connected, clock } = throwing();
    connected();
    const eviction = watch(publisher.publish([key('1')]));
    await clock.advance(0);
    publisher.suspend();
    await clock.advance(0);
    expect(eviction.outcome).toBeInstanceOf(InvalidationNotDeliveredError);
  });
});

describe('draining', () => {
  it('resolves with 0 when all is in the log', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    void publisher.publish([key('1')]);
    const drained = publisher.drain(2_000);
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await expect(drained).resolves.toBe(0);
  });

  it('resolves at its deadline with the number of targets that are left', async () => {
    const { publisher, connected, clock } = publishing();
    connected();
    void publisher.publish([key('1'), key('2')]);
    const drained = publisher.drain(2_000);
    await clock.advance(2_000);
    await expect(drained).resolves.toBe(2);
  });

  it('uses a link that comes back before the deadline', async () => {
    const { publisher, connected, clock, link } = publishing();
    void publisher.publish([key('1')]);
    const drained = publisher.drain(2_000);
    await clock.advance(1_000);
    connected();
    link.publishes[0]?.resolve('1-0');
    await clock.advance(0);
    await expect(drained).resolves.toBe(0);
  });
});
