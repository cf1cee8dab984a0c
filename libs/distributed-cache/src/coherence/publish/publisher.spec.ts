import { describe, expect, it } from 'vitest';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { key, publishing } from '../../../../../test/support/bridges/publishing.js';

const WINDOW = 1_000;

describe('invalidations of one tick', () => {
  it('leave together, each target once', async () => {
    const { publisher, connected, clock, sent } = publishing();
    connected();
    void publisher.publish([key('1')]);
    void publisher.publish([key('2'), key('1')]);
    expect(sent()).toEqual([]);
    await clock.advance(0);
    expect(sent()).toEqual([[key('1'), key('2')]]);
  });

  it('are replaced by a wider one that covers them', async () => {
    const { publisher, connected, clock, sent } = publishing();
    connected();
    void publisher.publish([key('1')]);
    void publisher.publish([{ kind: 'region', region: 'products' }]);
    await clock.advance(0);
    expect(sent()).toEqual([[{ kind: 'region', region: 'products' }]]);
  });

  it('are at most 100 targets a message, then another', async () => {
    const { publisher, connected, clock, sent } = publishing();
    connected();
    void publisher.publish(Array.from({ length: 250 }, (_, index) => key(String(index))));
    await clock.advance(0);
    expect(sent().map((names) => names.length)).toEqual([100, 100, 50]);
  });

  it('are published before the end of the tick when a message is full; something is left for the end', () => {
    const { publisher, connected, sent } = publishing();
    connected();
    for (let index = 0; index < 100; index += 1) void publisher.publish([key(String(index))]);
    expect(sent()).toHaveLength(0);
    void publisher.publish([key('one more')]);
    expect(sent()).toHaveLength(1);
  });
});

describe('100 000 evictions of one tick', () => {
  it('leave over several turns of the event loop, at most 16 messages in each', async () => {
    const { publisher, connected, clock, link } = publishing();
    connected();
    for (let index = 0; index < 100_000; index += 1) void publisher.publish([key(String(index))]);
    const each: number[] = [];
    let sent = 0;
    const watch = (): void => {
      each.push(link.publishes.length - sent);
      sent = link.publishes.length;
      if (sent < 1_000) clock.nextTurn(watch);
    };
    watch();
    await clock.advance(0);
    expect(sent).toBe(1_000);
    expect(Math.max(...each)).toBe(16);
  });
});

describe('a message that was sent', () => {
  it('is never merged with a later one: a peer may have loaded again in between', async () => {
    const { publisher, connected, clock, sent } = publishing();
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    void publisher.publish([key('1')]);
    await clock.advance(0);
    expect(sent()).toEqual([[key('1')], [key('1')]]);
  });

  it('does not wait for the answer of another: messages are pipelined', async () => {
    const { publisher, connected, clock, sent } = publishing();
    connected();
    for (const name of ['1', '2', '3']) {
      void publisher.publish([key(name)]);
      await clock.advance(0);
    }
    expect(sent()).toHaveLength(3);
  });

  it('is one of at most 1 000 without an answer; the rest waits in the outbox, each target once', async () => {
    const { publisher, connected, clock, link, sent } = publishing();
    connected();
    for (let index = 0; index < WINDOW; index += 1) {
      void publisher.publish([key(`${index}`)]);
      await Promise.resolve();
    }
    for (let times = 0; times < 3; times += 1) {
      void publisher.publish([key('one more')]);
      await clock.advance(0);
    }
    expect(sent()).toHaveLength(WINDOW);
    expect(publisher.waiting).toBe(WINDOW + 1);

    link.publishes[0]?.resolve('1-0');
    await clock.advance(0);
    expect(sent()).toHaveLength(WINDOW + 1);
    expect(sent().at(-1)).toEqual([key('one more')]);
  });

  it('counts as published when the log has accepted it', async () => {
    const { publisher, connected, clock, link, stats } = publishing();
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    expect(stats.published).toBe(0);
    link.publishes[0]?.resolve('1-0');
    await clock.advance(0);
    expect(stats.published).toBe(1);
    expect(publisher.waiting).toBe(0);
  });
});

describe('the outbox', () => {
  it('is sent after the first sync of a connection, and not before', async () => {
    const { publisher, connected, clock, sent } = publishing();
    void publisher.publish([key('1')]);
    void publisher.publish([key('2')]);
    await clock.advance('1m');
    expect(sent()).toEqual([]);
    expect(publisher.waiting).toBe(2);

    connected();
    expect(sent()).toEqual([[key('1'), key('2')]]);
  });

  it('gets messages without an answer back in front when the link is lost', async () => {
    const { publisher, connected, clock, sent } = publishing();
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    publisher.suspend();
    void publisher.publish([key('2')]);
    expect(publisher.waiting).toBe(2);

    connected();
    expect(sent()).toEqual([[key('1')], [key('1'), key('2')]]);
  });

  it('ignores what a link accepts after it was given up: that was sent again', async () => {
    const { publisher, connected, clock, link, stats } = publishing();
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    publisher.suspend();
    link.publishes[0]?.resolve('1-0');
    await clock.advance(0);
    expect(stats.published).toBe(0);
    expect(publisher.waiting).toBe(1);
  });

  it('keeps refused messages until they are tried again, each target once', async () => {
    const { publisher, connected, clock, link, sent } = publishing();
    connected();
    for (const name of ['1', '2', '1']) {
      void publisher.publish([key(name)]);
      await clock.advance(0);
    }
    for (const publish of link.publishes) publish.reject(new BridgeRefusal('retry', 'OOM'));
    await clock.advance(0);
    expect(publisher.waiting).toBe(2);
    await clock.advance('1s');
    expect(sent().slice(3)).toEqual([[key('1'), key('2')]]);
  });

  it('puts refused messages in front when the link is lost', async () => {
    const { publisher, connected, clock, link, sent } = publishing();
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.reject(new BridgeRefusal('retry', 'OOM'));
    await clock.advance(0);
    publisher.suspend();
    void publisher.publish([key('2')]);
    connected();
    expect(sent()[1]).toEqual([key('1'), key('2')]);
  });
});

describe('an error answer to a publish', () => {
  it.each(['retry', 'report'] as const)(
    "with the remedy '%s' is reported and tried again with back-off",
    async (remedy) => {
      const { publisher, connected, clock, link, sent, refusals, causes } = publishing();
      connected();
      void publisher.publish([key('1')]);
      await clock.advance(0);
      link.publishes[0]?.reject(new BridgeRefusal(remedy, 'refused'));
      await clock.advance(0);
      expect(sent()).toHaveLength(1);

      await clock.advance('1s');
      expect(sent()).toEqual([[key('1')], [key('1')]]);
      expect(refusals.map((refusal) => refusal.remedy)).toEqual([remedy]);
      expect(causes).toEqual([]);
    },
  );

  it('is tried again at once during shutdown', async () => {
    const { publisher, connected, clock, link, sent } = publishing();
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.reject(new BridgeRefusal('retry', 'OOM'));
    await clock.advance(0);
    const drained = publisher.drain(2_000);
    expect(sent()).toEqual([[key('1')], [key('1')]]);
    link.publishes[1]?.resolve('1-0');
    expect(await drained).toBe(0);
  });

  it('does not hold up later evictions: a server that is out of memory still tells the peers', async () => {
    const { publisher, connected, clock, link, sent } = publishing();
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.reject(new BridgeRefusal('retry', 'OOM'));
    await clock.advance(0);
    void publisher.publish([key('2')]);
    await clock.advance(0);
    expect(sent()).toEqual([[key('1')], [key('2')]]);
  });

  it.each([
    ['with the remedy redial', new BridgeRefusal('redial', 'READONLY')],
    ['that is no refusal', new Error('ECONNRESET')],
  ])('%s gives the link up and keeps the targets', async (_, error) => {
    const { publisher, connected, clock, link, causes } = publishing();
    connected();
    void publisher.publish([key('1')]);
    await clock.advance(0);
    link.publishes[0]?.reject(error);
    await clock.advance(0);
    expect(causes).toEqual([error]);
    expect(publisher.waiting).toBe(1);
  });
});
