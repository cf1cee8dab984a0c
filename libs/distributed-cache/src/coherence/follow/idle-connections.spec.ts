import { describe, expect, it } from 'vitest';
import { ScriptedBridge, syncReply } from '../../../../../test/support/bridges/scripted-bridge.js';
import { RecordedLogger } from '../../../../../test/support/instances/recorded-logger.js';
import { resolveSettings } from '../../module/options/resolve-settings.js';
import { DistributedCache } from '../../cache/distributed-cache.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { ManualClock } from '../../testing/manual-clock.js';

const HEARTBEAT = 5_000;
const COMMAND_TIMEOUT = 2_000;
const LONGEST_BACK_OFF = 2_000;

interface Running {
  readonly cache: DistributedCache;
  readonly bridge: ScriptedBridge;
  readonly clock: ManualClock;
  readonly log: RecordedLogger;
  /** Lets time pass, while every sync is answered. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** Waits until the link that is dialled next has synced. */
  readonly dialled: () => Promise<void>;
  /** Lets the link live that long, then cuts it, and waits until the next one has synced. */
  readonly cutAfter: (milliseconds: number) => Promise<void>;
}

/** A cache whose first sync is complete. */
async function connected(bridge = new ScriptedBridge('Redis')): Promise<Running> {
  const clock = new ManualClock();
  const log = new RecordedLogger();
  const cache = new DistributedCache(resolveSettings({ maxStaleness: '1h', bridge, clock }), { clock, logger: log });
  cache.start(bridge);
  const answer = (): void =>
    bridge.links
      .at(-1)
      ?.syncs.at(-1)
      ?.resolve(syncReply({ continuous: true }));
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      await clock.advance(100);
      answer();
      await clock.advance(0);
    }
  };
  const dialled = async (): Promise<void> => {
    const { length } = bridge.links;
    for (let waited = 0; bridge.links.length === length; waited += 10) {
      if (waited > LONGEST_BACK_OFF) throw new Error('no link was dialled');
      await clock.advance(10);
    }
    answer();
    await clock.advance(0);
  };
  const cutAfter = async (milliseconds: number): Promise<void> => {
    await pass(milliseconds);
    bridge.link.break('Redis closed the connection');
    await dialled();
  };
  await clock.advance(0);
  answer();
  await clock.advance(0);
  return { cache, bridge, clock, log, pass, dialled, cutAfter };
}

const messages = (log: RecordedLogger): readonly string[] =>
  log.lines.filter(({ level }) => level !== 'debug').map(({ message }) => message.split(/[:,]/)[0] ?? '');

describe('a link on which nobody evicts', () => {
  it('exercises the connections that a sync does not use with each heartbeat', async () => {
    const { bridge, pass } = await connected();
    await pass(10 * HEARTBEAT);
    expect(bridge.link.exercises).toHaveLength(10);
  });

  it('exercises them also while gaps put the heartbeat off, and not more often', async () => {
    const { bridge, pass } = await connected();
    for (let i = 0; i < 50; i += 1) {
      bridge.link.ring({ payload: 'x', entry: { id: `${i + 2}-0`, previousId: `${i}-5` } });
      await pass(HEARTBEAT / 10);
    }
    expect(bridge.link.exercises).toHaveLength(5);
  });

  it('syncs and is exercised at least as often as the bridge says by its keepAlive', async () => {
    const bridge = new ScriptedBridge('Redis');
    bridge.keepAlive = 1_000;
    const { pass } = await connected(bridge);
    await pass(10_000);
    expect(bridge.link.exercises).toHaveLength(10);
    expect(bridge.link.syncs.length).toBeGreaterThanOrEqual(10);
  });

  it('keeps its heartbeat where keepAlive is longer', async () => {
    const bridge = new ScriptedBridge('Redis');
    bridge.keepAlive = 60_000;
    const { pass } = await connected(bridge);
    await pass(2 * HEARTBEAT);
    expect(bridge.link.exercises).toHaveLength(2);
  });

  it('ends when an exercise is not answered within commandTimeout, although its syncs are', async () => {
    const { bridge, pass, log } = await connected();
    const { link } = bridge;
    link.answersExercises = false;
    await pass(HEARTBEAT + COMMAND_TIMEOUT - 200);
    expect(link.isClosed).toBe(false);
    await pass(400);
    expect(link.isClosed).toBe(true);
    // So that the next link listens at another node of a cluster, if there is one.
    expect(link.closedBecause).toBe('silent-channel');
    expect(log.at('warn')[0]?.parameters).toMatchObject({
      cause: 'no answer to a probe of an idle connection within 2000 ms',
    });
  });

  it('does not end when an exercise is refused: that is an answer', async () => {
    const { bridge, pass } = await connected();
    const { link } = bridge;
    link.answersExercises = false;
    await pass(HEARTBEAT);
    link.exercises[0]?.reject(new BridgeRefusal('report', 'NOPERM'));
    await pass(COMMAND_TIMEOUT);
    expect(link.isClosed).toBe(false);
  });

  it('ends when an exercise is refused and another dial mends that', async () => {
    const { bridge, pass, log } = await connected();
    const { link } = bridge;
    link.answersExercises = false;
    await pass(HEARTBEAT);
    link.exercises[0]?.reject(new BridgeRefusal('redial', 'NOAUTH'));
    await pass(1);
    expect(link.isClosed).toBe(true);
    expect(log.at('warn')[0]?.parameters).toMatchObject({ cause: 'NOAUTH' });
  });

  it('is not exercised any more once its instance has left', async () => {
    const { cache, bridge, clock } = await connected();
    const { link } = bridge;
    const closing = cache.close();
    await clock.advance(10 * HEARTBEAT);
    await closing;
    expect(link.exercises).toEqual([]);
  });
});

describe('links that are cut after the same time again and again', () => {
  it('are named as an idle timeout, with its length and the cure, in one line a minute instead of two for each cut', async () => {
    const { cutAfter, log } = await connected();
    for (let i = 0; i < 12; i += 1) await cutAfter(4_000);

    expect(messages(log)).toEqual([
      'Connected',
      'Disconnected',
      'Connected',
      'Disconnected',
      'Connected',
      'Every link is cut after the same time',
    ]);
    expect(log.at('warn').at(-1)).toMatchObject({
      message: expect.stringMatching(/idle timeout.*about 4000 ms; raise that timeout above 10 s, or set keepAlive=2 /),
      parameters: { cutAfter: 4_000, heartbeat: HEARTBEAT, cause: 'Redis closed the connection' },
    });

    for (let i = 0; i < 6; i += 1) await cutAfter(4_000);
    expect(messages(log).slice(6)).toEqual(['Every link is cut after the same time']);
  });

  it('are told nothing that the connection string would refuse', async () => {
    const { cutAfter, log } = await connected();
    for (let i = 0; i < 3; i += 1) await cutAfter(1_000);
    expect(log.at('warn').at(-1)?.message).toMatch(/idle timeout/);
    expect(log.at('warn').at(-1)?.message).not.toMatch(/keepAlive/);
  });

  it('are not called idle when something was sent more often than that', async () => {
    const { cutAfter, log } = await connected();
    for (let i = 0; i < 3; i += 1) await cutAfter(60_000);
    expect(log.at('warn').at(-1)?.message).toMatch(/limits how long a connection may live/);
    expect(log.at('warn').at(-1)?.message).not.toMatch(/idle/);
  });

  it('are told as lost as soon as a dial fails as well', async () => {
    const { cutAfter, pass, bridge, log, dialled } = await connected();
    for (let i = 0; i < 4; i += 1) await cutAfter(4_000);
    const before = messages(log).length;
    await pass(4_000);
    bridge.refusal = new Error('connect ECONNREFUSED');
    bridge.link.break();
    await pass(3 * LONGEST_BACK_OFF);
    bridge.refusal = undefined;
    await dialled();
    expect(messages(log).slice(before)).toEqual(['Disconnected', 'Connected']);
  });

  it('are told one by one when they were cut after different times', async () => {
    const { cutAfter, log } = await connected();
    for (const lifetime of [1_000, 9_000, 3_000, 20_000]) await cutAfter(lifetime);
    expect(messages(log).filter((message) => message === 'Disconnected')).toHaveLength(4);
  });
});
