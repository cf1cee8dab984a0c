import { describe, expect, it } from 'vitest';
import { key, publishing, PUBLISH_TIMEOUT } from '../../../../../../test/support/bridges/publishing.js';
import { failureOf } from '../../../../../../test/support/common/failure-of.js';
import { InvalidationNotDeliveredError } from '../../../errors.js';

const replicas = { minReplicas: 1, onUndelivered: 'throw' } as const;

describe('with minReplicas the promise of an eviction', () => {
  it('resolves when that many replicas have it', async () => {
    const { publisher, connected, clock, link } = publishing(replicas);
    connected();
    let isSettled = false;
    const eviction = publisher.publish([key('1')]).then(() => (isSettled = true));
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await clock.advance(0);
    expect(isSettled).toBe(false);
    link.replications[0]?.resolve(1);
    await eviction;
    expect(link.replications).toHaveLength(1);
  });

  it.each([
    ['too few have it', (publishing_: ReturnType<typeof publishing>) => publishing_.link.replications[0]?.resolve(0)],
    [
      'they cannot be asked',
      (publishing_: ReturnType<typeof publishing>) => publishing_.link.replications[0]?.reject(new Error('NOPERM')),
    ],
  ])('rejects with onUndelivered: throw when %s, and publishes nothing again: the log has it', async (_, answer) => {
    const under = publishing(replicas);
    under.connected();
    const failure = failureOf(under.publisher.publish([key('1')]));
    await under.clock.advance(0);
    under.link.publishes[0]?.resolve('1-0');
    await under.clock.advance(0);
    answer(under);
    expect(await failure).toBeInstanceOf(InvalidationNotDeliveredError);
    await under.clock.advance('10s');
    expect(under.publisher.waiting).toBe(0);
    expect(under.sent()).toHaveLength(1);
  });

  it('settles after publishTimeout at the latest', async () => {
    const { publisher, connected, clock, link } = publishing(replicas);
    connected();
    const failure = failureOf(publisher.publish([key('1')]));
    await clock.advance(0);
    link.publishes[0]?.resolve('1-0');
    await clock.advance(PUBLISH_TIMEOUT);
    expect(await failure).toBeInstanceOf(InvalidationNotDeliveredError);
  });

  it('shares one WAIT with all entries that were accepted while another was running', async () => {
    const { publisher, connected, clock, link } = publishing(replicas);
    connected();
    const evictions: Promise<unknown>[] = [];
    for (const name of ['1', '2', '3']) {
      evictions.push(publisher.publish([key(name)]));
      await clock.advance(0);
      link.publishes.at(-1)?.resolve('1-0');
      await clock.advance(0);
    }
    expect(link.replications).toHaveLength(1);
    link.replications[0]?.resolve(1);
    await clock.advance(0);
    expect(link.replications).toHaveLength(2);
    link.replications[1]?.resolve(1);
    await Promise.all(evictions);
  });
});
