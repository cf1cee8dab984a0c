import { describe, expect, it } from 'vitest';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { key, publishing, type Publishing } from '../../../../../test/support/bridges/publishing.js';

const LIMIT = 100;
/** In messages without an answer: 1 000 of 100 targets. */
const UNDER_WAY = 100_000;
const REGION: InvalidationTarget = { kind: 'region', region: 'products' };

const keys = (count: number, prefix = ''): InvalidationTarget[] =>
  Array.from({ length: count }, (_, index) => key(`${prefix}${index}`));

/** The log takes what was sent since the last time. */
function takerOf({ clock, link }: Publishing): () => Promise<void> {
  let taken = 0;
  return async () => {
    for (; taken < link.publishes.length; taken += 1) link.publishes[taken]?.resolve(`${taken + 1}-0`);
    await clock.advance(0);
  };
}

describe('evictions beyond outboxLimit', () => {
  it.each(['at once', 'one by one', 'everywhere'])(
    'that are asked for in one tick, %s, are sent as they are while the log takes them',
    async (how) => {
      const publishes = publishing({ outboxLimit: LIMIT });
      const { publisher, connected, link, sent } = publishes;
      connected();
      const targets = keys(10_001);
      if (how === 'everywhere') void publisher.publishEverywhere(targets, 1_000).catch(() => undefined);
      else if (how === 'at once') void publisher.publish(targets);
      else for (const target of targets) void publisher.publish([target]);
      const take = takerOf(publishes);
      const sentNow = (): InvalidationTarget[][] => (how === 'everywhere' ? publishes.askedFor() : sent());
      for (let turn = 0; turn < 100 && sentNow().flat().length < targets.length; turn += 1) await take();
      expect(sentNow().flat()).toEqual(targets);
      expect(link.publishes.length + link.publishesToMembers.length).toBe(101);
    },
  );

  it('are sent as they are when more of them are asked for than may be under way', async () => {
    const publishes = publishing({ outboxLimit: LIMIT });
    const { publisher, connected, sent } = publishes;
    connected();
    const targets = keys(UNDER_WAY + 20_000);
    void publisher.publish(targets);
    const take = takerOf(publishes);
    while (publisher.waiting > 0) await take();
    expect(sent().flat()).toEqual(targets);
  });

  it('are widened when there is no link', async () => {
    const { publisher, connected, sent } = publishing({ outboxLimit: LIMIT });
    void publisher.publish(keys(LIMIT + 1));
    expect(publisher.waiting).toBe(1);
    connected();
    expect(sent()).toEqual([[REGION]]);
  });

  it('are widened when the link is lost', async () => {
    const { publisher, connected, clock } = publishing({ outboxLimit: LIMIT });
    connected();
    void publisher.publish(keys(1_000));
    await clock.advance(0);
    publisher.suspend();
    expect(publisher.waiting).toBe(1);
  });

  it('are widened when the log takes nothing for half a second, and are sent as they are when it takes something again', async () => {
    const publishes = publishing({ outboxLimit: LIMIT });
    const { publisher, connected, clock, sent } = publishes;
    connected();
    void publisher.publish(keys(UNDER_WAY + 20_000));
    await clock.advance(400);
    expect(publisher.waiting).toBe(UNDER_WAY + 20_000);
    await clock.advance(100);
    expect(publisher.waiting).toBe(UNDER_WAY + 1);

    const take = takerOf(publishes);
    while (publisher.waiting > 0) await take();
    void publisher.publish(keys(1_000, 'later-'));
    while (publisher.waiting > 0) await take();
    expect(sent().at(1_000)).toEqual([REGION]);
    expect(sent().slice(1_001).flat()).toEqual(keys(1_000, 'later-'));
  });

  it('are not widened because the event loop was blocked, with the answers of the log in the socket', async () => {
    const publishes = publishing({ outboxLimit: LIMIT });
    const { publisher, connected, clock, link, sent } = publishes;
    connected();
    const targets = keys(UNDER_WAY + 20_000);
    void publisher.publish(targets);
    await clock.advance(300);
    clock.nextTurn(() => link.publishes[0]?.resolve('1-0'));
    await clock.block('10s');
    expect(publisher.waiting).toBeGreaterThan(UNDER_WAY + 1);
    const take = takerOf(publishes);
    while (publisher.waiting > 0) await take();
    expect(sent().flat()).toEqual(targets);
  });

  it('are widened when a hundred times as many wait, and the log takes fewer than are added', async () => {
    const publishes = publishing({ outboxLimit: LIMIT });
    const { publisher, connected, clock, link } = publishes;
    connected();
    let most = 0;
    for (let round = 0; round < 40; round += 1) {
      void publisher.publish(keys(12_000, `${round}-`));
      await clock.advance(50);
      link.publishes[round]?.resolve(`${round}-0`);
      await clock.advance(50);
      most = Math.max(most, publisher.waiting);
    }
    expect(most).toBeGreaterThan(UNDER_WAY + 100 * LIMIT);
    expect(most).toBeLessThan(UNDER_WAY + 100 * LIMIT + 10 * 12_000);
  });
});
