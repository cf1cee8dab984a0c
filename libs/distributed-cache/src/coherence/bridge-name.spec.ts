import { describe, expect, it } from 'vitest';
import { memberWith } from '../../../../test/support/bridges/bridge-member.js';
import { cacheSettings } from '../../../../test/support/instances/cache-settings.js';
import { failureOf } from '../../../../test/support/common/failure-of.js';
import { RecordedLogger } from '../../../../test/support/instances/recorded-logger.js';
import { ScriptedBridge, syncReply } from '../../../../test/support/bridges/scripted-bridge.js';
import { BridgeRefusal } from '../protocol/invalidation-bridge.js';
import type { InvalidationTarget } from '../protocol/invalidation.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { Coherence } from './coherence.js';

const everything: InvalidationTarget[] = [{ kind: 'everything' }];

/** A connected instance whose evictions reject when they are not delivered, over a bridge with this name. */
async function connected(bridgeName: string | undefined) {
  const clock = new ManualClock();
  const bridge = new ScriptedBridge(bridgeName);
  const log = new RecordedLogger();
  const copies = {
    applyInvalidation() {},
    flush() {},
    silenceChanged() {},
    stateChanged() {},
    answerTo: () => undefined,
  };
  const settings = { ...cacheSettings(), onUndelivered: 'throw' as const, member: memberWith({ instanceId: 'me' }) };
  const coherence = new Coherence(settings, clock, copies, log);
  coherence.start(bridge);
  await clock.advance(0);
  bridge.lastSync.resolve(syncReply());
  await clock.advance(0);
  return { clock, bridge, log, coherence };
}

describe.each([
  { given: 'the name Redis', bridgeName: 'Redis', inside: 'Redis', atStart: 'Redis' },
  { given: 'no name', bridgeName: undefined, inside: 'the bridge', atStart: 'The bridge' },
])('With $given the bridge', ({ bridgeName, inside, atStart }) => {
  it('is named by the lines about its refusals', async () => {
    const { clock, bridge, log } = await connected(bridgeName);
    // The heartbeat, and the back-off after its refusal.
    for (const [wait, remedy] of [
      ['3400ms', 'report'],
      ['100ms', 'retry'],
    ] as const) {
      await clock.advance(wait);
      bridge.lastSync.reject(new BridgeRefusal(remedy, 'refused'));
      await clock.advance(0);
    }
    expect(log.at('error')[0]?.message).toBe(
      `${atStart} refuses what the cache needs; invalidations wait until it is allowed`,
    );
    expect(log.at('warn')[0]?.message).toBe(`${atStart} cannot take invalidations at the moment; they wait`);
  });

  it('is named by the line about a lost connection', async () => {
    const { bridge, log } = await connected(bridgeName);
    bridge.link.break();
    expect(log.at('warn')[0]?.message).toContain(`dialling again until ${inside} answers`);
  });

  it('is named by the error of an eviction that is not delivered', async () => {
    const { clock, bridge, coherence } = await connected(bridgeName);
    const interrupted = failureOf(coherence.publish(everything));
    await clock.advance(0);
    bridge.link.break();
    expect(String(await interrupted)).toContain(`the connection to ${inside} was lost`);
    expect(String(await interrupted)).toContain(`will be delivered when ${inside} accepts it`);
    expect(String(await failureOf(coherence.publish(everything)))).toContain(`${inside} cannot be reached`);
  });

  it('is named by the error of an eviction that is interrupted by the shutdown', async () => {
    const { clock, coherence } = await connected(bridgeName);
    const interrupted = failureOf(coherence.publish(everything));
    const stopped = coherence.stop();
    await clock.advance('3s');
    await stopped;
    expect(String(await interrupted)).toContain(`will be delivered when ${inside} accepts it`);
  });

  it('is named by the error of an eviction everywhere that is not confirmed', async () => {
    const { clock, bridge, coherence } = await connected(bridgeName);
    const unaccepted = failureOf(coherence.publishEverywhere(everything, 100));
    await clock.advance(100);
    expect(String(await unaccepted)).toContain(`${inside} has not accepted it`);

    const unlisted = failureOf(coherence.publishEverywhere(everything, 100));
    await clock.advance(0);
    bridge.link.publishesToMembers.at(-1)?.resolve({ id: '2-0', members: [], settings: [], listAge: 0 });
    bridge.link.publishesToMembers[0]?.resolve({ id: '1-0', members: [], settings: [], listAge: 0 });
    await clock.advance(100);
    expect(String(await unlisted)).toContain(`${inside} knows for too short a time which instances there are`);
  });
});

it('an in-memory bridge is called so, and not Redis', () => {
  expect(new InMemoryInvalidationBridge().name).toBe('the in-memory bridge');
});
