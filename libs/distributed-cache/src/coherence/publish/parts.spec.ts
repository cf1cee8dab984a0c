import { describe, expect, it } from 'vitest';
import { key, publishing, type Publishing } from '../../../../../test/support/bridges/publishing.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { decodeInvalidation } from '../../protocol/invalidation-message.js';

const keys = (count: number) => Array.from({ length: count }, (_, index) => key(String(index)));

/** For each message that was sent: whether it says that more parts follow. */
function hasMore({ link }: Publishing): boolean[] {
  return link.publishes.map(({ payload }) => {
    const decoded = decodeInvalidation(payload);
    return decoded.ok && decoded.message.hasMore === true;
  });
}

describe('the parts of an eviction that needs several messages', () => {
  it('say that more follow, but for the last', async () => {
    const publishings = publishing();
    publishings.connected();
    void publishings.publisher.publish(keys(250));
    await publishings.clock.advance(0);
    expect(hasMore(publishings)).toEqual([true, true, false]);
  });

  it('are all evictions of one tick, which an application may mean as one', async () => {
    const publishings = publishing();
    publishings.connected();
    for (const target of keys(200)) void publishings.publisher.publish([target]);
    await publishings.clock.advance(0);
    expect(hasMore(publishings)).toEqual([true, false]);
    void publishings.publisher.publish([key('later')]);
    await publishings.clock.advance(0);
    expect(hasMore(publishings)).toEqual([true, false, false]);
  });

  it('are all sent again when the link is lost before the log has the last one', async () => {
    const publishings = publishing();
    publishings.connected();
    void publishings.publisher.publish(keys(150));
    await publishings.clock.advance(0);
    publishings.link.publishes[0]?.resolve('1-0');
    await publishings.clock.advance(0);
    publishings.publisher.suspend();
    publishings.connected();
    await publishings.clock.advance(0);
    expect(
      new Set(
        publishings
          .sent()
          .slice(2)
          .flat()
          .map((target) => JSON.stringify(target)),
      ).size,
    ).toBe(150);
    expect(hasMore(publishings)).toEqual([true, false, true, false]);
  });

  it('are all sent again with the one that was refused', async () => {
    const publishings = publishing();
    publishings.connected();
    void publishings.publisher.publish(keys(150));
    await publishings.clock.advance(0);
    publishings.link.publishes[0]?.resolve('1-0');
    publishings.link.publishes[1]?.reject(new BridgeRefusal('retry', 'later'));
    await publishings.clock.advance('5s');
    expect(
      new Set(
        publishings
          .sent()
          .slice(2)
          .flat()
          .map((target) => JSON.stringify(target)),
      ).size,
    ).toBe(150);
  });

  it('are all sent again when the machine was suspended meanwhile: the receivers may have stopped waiting', async () => {
    const publishings = publishing();
    publishings.connected();
    void publishings.publisher.publish(keys(150));
    await publishings.clock.advance(0);
    publishings.link.publishes[0]?.resolve('1-0');
    publishings.publisher.suspended();
    publishings.link.publishes[1]?.resolve('2-0');
    await publishings.clock.advance(0);
    expect(publishings.sent().slice(2).flat()).toHaveLength(150);
  });

  it('are sent again widened, as one message, when the log took half a minute for them', async () => {
    const publishings = publishing();
    publishings.connected();
    void publishings.publisher.publish(keys(150));
    await publishings.clock.advance(0);
    publishings.link.publishes[0]?.resolve('1-0');
    await publishings.clock.advance(30_001);
    publishings.link.publishes[1]?.resolve('2-0');
    await publishings.clock.advance(0);
    expect(publishings.sent().slice(2)).toEqual([[{ kind: 'region', region: 'products' }]]);
  });

  it('are all sent again when one was refused, also those that the log accepts after its repetition', async () => {
    const publishings = publishing();
    publishings.connected();
    void publishings.publisher.publish(keys(150));
    await publishings.clock.advance(0);
    publishings.link.publishes[0]?.reject(new BridgeRefusal('retry', 'later'));
    await publishings.clock.advance('5s');
    publishings.link.publishes[1]?.resolve('2-0');
    await publishings.clock.advance(0);
    expect(publishings.sent().slice(3).flat()).toHaveLength(150);
  });

  it('settle the promise of their eviction only when they were taken as one', async () => {
    const publishings = publishing({ publishTimeout: 60_000 });
    publishings.connected();
    let isSettled = false;
    void publishings.publisher.publish(keys(150)).then(() => (isSettled = true));
    await publishings.clock.advance(0);
    publishings.link.publishes[0]?.resolve('1-0');
    await publishings.clock.advance(30_001);
    publishings.link.publishes[1]?.resolve('2-0');
    await publishings.clock.advance(0);
    expect(isSettled).toBe(false);
    publishings.link.publishes[2]?.resolve('3-0');
    await publishings.clock.advance(0);
    expect(isSettled).toBe(true);
  });

  it('are not sent again once the log has all of them', async () => {
    const publishings = publishing();
    publishings.connected();
    void publishings.publisher.publish(keys(150));
    await publishings.clock.advance(0);
    for (const [index, publish] of publishings.link.publishes.entries()) publish.resolve(`${index + 1}-0`);
    await publishings.clock.advance(0);
    publishings.publisher.suspend();
    publishings.connected();
    await publishings.clock.advance(0);
    expect(publishings.sent()).toHaveLength(2);
  });
});
