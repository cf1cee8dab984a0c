import { describe, expect, it } from 'vitest';
import { memberWith } from '../../../../test/support/bridges/bridge-member.js';
import { cacheSettings } from '../../../../test/support/instances/cache-settings.js';
import { RecordedLogger } from '../../../../test/support/instances/recorded-logger.js';
import { ScriptedBridge, syncReply } from '../../../../test/support/bridges/scripted-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { Coherence, type CoherenceSettings } from './coherence.js';
import { encodeInvalidation } from '../protocol/invalidation-message.js';
import { BridgeRefusal } from '../protocol/invalidation-bridge.js';

const MINUTE = 60_000;

type Settings = Partial<CoherenceSettings & { readonly maxStaleness: number }>;

interface Instance {
  readonly clock: ManualClock;
  readonly bridge: ScriptedBridge;
  readonly log: RecordedLogger;
  readonly coherence: Coherence;
  /** What was done to the local copies. */
  readonly done: string[];
  synced(): Promise<void>;
}

function started({ maxStaleness = 10_000, ...settings }: Settings = {}): Instance {
  const clock = new ManualClock();
  const bridge = new ScriptedBridge();
  const log = new RecordedLogger();
  const done: string[] = [];
  const copies = {
    applyInvalidation: (_: object, from: string) => void done.push(`applied from ${from}`),
    flush: () => void done.push('flushed'),
    silenceChanged: () => {},
    answerTo: () => undefined,
    stateChanged: (state: string, previous: string) => void done.push(`${previous} → ${state}`),
  };
  const coherence = new Coherence(
    { ...cacheSettings(), member: memberWith({ instanceId: 'me', maxStaleness }), ...settings },
    clock,
    copies,
    log,
  );
  coherence.start(bridge);
  const synced = async (): Promise<void> => {
    await clock.advance(0);
    bridge.lastSync.resolve(syncReply());
    await clock.advance(0);
    done.length = 0;
  };
  return { clock, bridge, log, coherence, done, synced };
}

describe('receiving messages', () => {
  const message = (from: string): string => encodeInvalidation(from, [{ kind: 'region', region: 'products' }]);

  it('applies the messages of other instances and counts them', async () => {
    const { bridge, coherence, done, synced } = started();
    await synced();
    const before = coherence.applied.begin();
    bridge.link.ring({ payload: message('another'), entry: { id: '2-0', previousId: '1-0' } });
    expect(done).toEqual(['applied from another']);
    expect(coherence.applied.firstCovering(before, 'products', '42', [])).toBeDefined();
    expect(coherence.stats.received).toBe(1);
  });

  it('only advances the position for its own messages', async () => {
    const { bridge, coherence, done, synced } = started();
    await synced();
    const before = coherence.applied.begin();
    bridge.link.ring({ payload: message('me'), entry: { id: '2-0', previousId: '1-0' } });
    expect(done).toEqual([]);
    expect(coherence.position).toBe('2-0');
    expect(coherence.applied.firstCovering(before, 'products', '42', [])).toBeUndefined();
    expect(coherence.stats.received).toBe(0);
  });

  it('ignores and counts malformed messages, with one log line a minute, and advances the position', async () => {
    const { clock, bridge, coherence, done, log, synced } = started();
    await synced();
    for (let index = 0; index < 3; index += 1) {
      bridge.link.ring({ payload: 'garbage', entry: { id: `${index + 2}-0`, previousId: `${index + 1}-0` } });
    }
    expect(done).toEqual([]);
    expect(coherence.stats.malformed).toBe(3);
    expect(coherence.position).toBe('4-0');
    expect(log.at('warn')).toHaveLength(1);

    bridge.refusal = new Error('gone');
    bridge.link.break();
    await clock.advance(MINUTE);
    bridge.link.ring({ payload: 'garbage', entry: undefined });
    expect(log.at('warn').filter(({ message: text }) => text.startsWith('Ignored'))).toHaveLength(2);
  });

  it('fences every running load by a flush', async () => {
    const { coherence, synced } = started();
    const mark = coherence.applied.begin();
    await synced();
    expect(coherence.applied.firstCovering(mark, 'any', 'key', [])).toBeDefined();
  });
});

describe('dialling', () => {
  it('is repeated without end, with a capped and jittered back-off', async () => {
    const { clock, bridge } = started();
    bridge.refusal = new Error('ECONNREFUSED');
    await clock.advance(0);
    bridge.link.break();
    await clock.advance('1h');
    // Between one and two seconds each.
    expect(bridge.members.length).toBeGreaterThan(1_800);
    expect(bridge.members.length).toBeLessThan(3_800);
  });

  it('replaces a link that did not answer a sync', async () => {
    const { clock, bridge, synced } = started();
    await synced();
    await clock.advance(3_333 + 2_000 + 100);
    expect(bridge.links.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  });

  it('replaces a link that did not answer a publish', async () => {
    const { clock, bridge, coherence, synced } = started({ maxStaleness: 60_000 });
    await synced();
    void coherence.publish([{ kind: 'everything' }]);
    await clock.advance(2_100);
    expect(bridge.links.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    expect(coherence.waiting).toBe(1);
  });

  it('is followed by the first sync, and then by the outbox', async () => {
    const { clock, bridge, coherence } = started();
    await coherence.publish([{ kind: 'everything' }]);
    await clock.advance('1s');
    expect(bridge.link.syncs).toHaveLength(1);
    expect(bridge.link.publishes).toHaveLength(0);
    bridge.lastSync.resolve(syncReply());
    await clock.advance(0);
    expect(bridge.link.publishes).toHaveLength(1);
  });

  it('is logged once, not at every try', async () => {
    const { clock, bridge, log, synced } = started();
    await synced();
    bridge.refusal = new Error('ECONNREFUSED');
    bridge.link.break();
    await clock.advance('1h');
    const told = log.at('warn').filter(({ message }) => message.startsWith('Disconnected'));
    expect(told).toHaveLength(1);
    expect(told[0]?.parameters).toMatchObject({ target: 'scripted', namespace: 'shop' });
  });
});

describe('the heartbeat', () => {
  it.each([
    [600, 200],
    [10_000, 10_000 / 3],
    [15_000, 5_000],
    [3_600_000, 5_000],
    [Infinity, 5_000],
  ])('with maxStaleness %d ms syncs every %d ms', async (maxStaleness, heartbeat) => {
    const { clock, bridge, synced } = started({ maxStaleness });
    await synced();
    await clock.advance(heartbeat - 1);
    expect(bridge.link.syncs).toHaveLength(1);
    await clock.advance(1);
    expect(bridge.link.syncs).toHaveLength(2);
  });
});

describe('status().state', () => {
  it("is 'connecting' until the first sync, 'coherent' after it, 'disconnected' without a link", async () => {
    const { clock, bridge, coherence, done } = started();
    expect(coherence.state).toBe('connecting');
    await clock.advance(0);
    bridge.lastSync.resolve(syncReply());
    await clock.advance(0);
    expect(coherence.state).toBe('coherent');
    bridge.link.break();
    expect(coherence.state).toBe('disconnected');
    expect(done).toEqual(['flushed', 'connecting → coherent', 'coherent → disconnected']);
  });

  it("is 'disconnected' when the lease is over, before the link is known to be dead", async () => {
    const { clock, coherence, synced } = started({ maxStaleness: 1_000 });
    await synced();
    await clock.advance(1_001);
    expect(coherence.state).toBe('disconnected');
  });
});

describe('a suspend of the machine', () => {
  it('lets the lease lapse within 250 ms and syncs at once', async () => {
    const { clock, bridge, coherence, log, synced } = started();
    await synced();
    clock.suspend('1h');
    await clock.advance(250);
    expect(coherence.lease.isLive(clock.now())).toBe(false);
    expect(bridge.link.syncs).toHaveLength(2);
    expect(log.at('warn')[0]?.parameters).toMatchObject({ milliseconds: 3_600_000 });
  });
});

describe('an error answer', () => {
  it("with the remedy 'report' is logged as an error once a minute", async () => {
    const { clock, bridge, coherence, log } = started();
    await clock.advance(0);
    for (let elapsed = 0; elapsed < MINUTE; elapsed += 100) {
      bridge.lastSync.reject(new BridgeRefusal('report', 'NOPERM'));
      await clock.advance(100);
    }
    expect(bridge.link.syncs.length).toBeGreaterThan(20);
    expect(log.at('error')).toHaveLength(1);
    expect(coherence.lease.isLive(clock.now())).toBe(false);
    expect(coherence.state).toBe('connecting');
  });
});
