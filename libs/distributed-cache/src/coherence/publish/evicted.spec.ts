import { describe, expect, it } from 'vitest';
import { cacheSettings } from '../../../../../test/support/instances/cache-settings.js';
import { memberWith } from '../../../../../test/support/bridges/bridge-member.js';
import { key, publishing, PUBLISH_TIMEOUT } from '../../../../../test/support/bridges/publishing.js';
import { noopLogger } from '../../common/logger.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { Coherence } from '../coherence.js';

const MINUTE = 60_000;

describe('the outcome of an eviction', () => {
  it('is delivered once the log has it, with the time that took', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    const eviction = publisher.publish([key('1')]);
    await clock.advance(20);
    link.publishes[0]?.resolve('1-0');
    await expect(eviction).resolves.toEqual({ delivered: true, instances: 0, waited: 20 });
  });

  it('is one object for all evictions of a tick, which one message delivers', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    const first = publisher.publish([key('1')]);
    expect(publisher.publish([key('2')])).toBe(first);
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await expect(first).resolves.toEqual({ delivered: true, instances: 0, waited: 0 });
  });

  it('is not delivered, at once, while the log is known to be out of reach', async () => {
    const { publisher } = publishing();
    await expect(publisher.publish([key('1')])).resolves.toEqual({ delivered: false, instances: 0, waited: 0 });
    expect(publisher.waiting).toBe(1);
  });

  it('is not delivered when the log has not accepted it within publishTimeout', async () => {
    const { publisher, connected, clock } = publishing();
    connected();
    const eviction = publisher.publish([key('1')]);
    await clock.advance(PUBLISH_TIMEOUT);
    await expect(eviction).resolves.toEqual({ delivered: false, instances: 0, waited: PUBLISH_TIMEOUT });
  });

  it('is not delivered when the link is lost before the log has answered', async () => {
    const { publisher, connected, clock } = publishing();
    connected();
    const eviction = publisher.publish([key('1')]);
    await clock.advance(7);
    publisher.suspend();
    await expect(eviction).resolves.toEqual({ delivered: false, instances: 0, waited: 7 });
  });

  it('is not delivered while the log lacks one of several messages', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    const eviction = publisher.publish(Array.from({ length: 150 }, (_, index) => key(`${index}`)));
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await clock.advance(PUBLISH_TIMEOUT);
    await expect(eviction).resolves.toMatchObject({ delivered: false });
  });

  it('is delivered when the log accepts the retry of a message that it refused', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    const eviction = publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.reject(new BridgeRefusal('retry', 'OOM'));
    await clock.advance(100);
    link.publishes[1]?.resolve('1-0');
    await expect(eviction).resolves.toEqual({ delivered: true, instances: 0, waited: 100 });
  });

  it('is not delivered when the link is lost during the retry of a message that the log refused', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    const eviction = publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.reject(new BridgeRefusal('retry', 'OOM'));
    await clock.advance(100);
    expect(link.publishes).toHaveLength(2);
    publisher.suspend();
    await expect(eviction).resolves.toEqual({ delivered: false, instances: 0, waited: 100 });
  });
});

describe('the outcome of an eviction with minReplicas', () => {
  it('is delivered when too few replicas have it: the log has it', async () => {
    const { publisher, connected, clock, link } = publishing({ minReplicas: 1 });
    connected();
    const eviction = publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await clock.advance(5);
    link.replications[0]?.resolve(0);
    await expect(eviction).resolves.toEqual({ delivered: true, instances: 0, waited: 5 });
  });

  it('is delivered when the replicas do not answer within publishTimeout: the log has it', async () => {
    const { publisher, connected, clock, link } = publishing({ minReplicas: 1 });
    connected();
    const eviction = publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await clock.advance(PUBLISH_TIMEOUT);
    await expect(eviction).resolves.toEqual({ delivered: true, instances: 0, waited: PUBLISH_TIMEOUT });
  });

  it('is not delivered while the log lacks the other message, though the replicas have failed to answer for the first', async () => {
    const { publisher, connected, clock, link } = publishing({ minReplicas: 1 });
    connected();
    const eviction = publisher.publish(Array.from({ length: 150 }, (_, index) => key(`${index}`)));
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await clock.advance(0);
    link.replications[0]?.resolve(0);
    await clock.advance(PUBLISH_TIMEOUT);
    await expect(eviction).resolves.toMatchObject({ delivered: false });
  });
});

describe('the outcome of an eviction everywhere', () => {
  it('is delivered, with the instances that are confirmed and the time that took', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    const eviction = publisher.publishEverywhere([key('1')], MINUTE);
    await clock.advance(3);
    const members = [{ member: memberWith({ instanceId: 'b' }), syncAge: 0 }];
    link.publishesToMembers[0]?.resolve({ id: '1-0', members, settings: [], listAge: 3_600_000 });
    await clock.advance(4);
    const token: unknown = JSON.parse(link.publishesToMembers[0]?.payload ?? '').a;
    publisher.acknowledged(String(token), 'b');
    await expect(eviction).resolves.toEqual({ delivered: true, instances: 2, waited: 7 });
  });
});

describe('the outcome of an eviction in local mode', () => {
  function alone(): Coherence {
    const copies = {
      applyInvalidation() {},
      flush() {},
      silenceChanged() {},
      stateChanged() {},
      answerTo: () => undefined,
    };
    const settings = { ...cacheSettings(), member: memberWith({ instanceId: 'a' }) };
    const coherence = new Coherence(settings, new ManualClock(), copies, noopLogger);
    coherence.start(undefined);
    return coherence;
  }

  it('is delivered at once: there is no other instance', async () => {
    await expect(alone().publish([key('1')])).resolves.toEqual({ delivered: true, instances: 0, waited: 0 });
  });

  it('is confirmed by this instance with everywhere', async () => {
    const eviction = alone().publishEverywhere([key('1')], MINUTE);
    await expect(eviction).resolves.toEqual({ delivered: true, instances: 1, waited: 0 });
  });
});
