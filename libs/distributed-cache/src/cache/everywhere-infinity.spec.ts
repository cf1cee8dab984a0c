import { expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/common/failure-of.js';
import { instances } from '../../../../test/support/instances/instances.js';
import { InvalidationNotConfirmedError } from '../errors.js';

it('an eviction everywhere waits for a cut-off instance with maxStaleness: Infinity that was on the list, also when the list was lost since', async () => {
  const shop = instances(2).with({ maxStaleness: '2s', ttl: '1d' });
  const { a, b, bridge, clock } = await shop.connected();
  const cutOff = await shop.joinedBy({ maxStaleness: Infinity });
  await cutOff.region('products').getOrLoad('1', () => 'old');
  bridge.cut(cutOff, { silently: true });
  await clock.advance('11m');
  const late = await shop.joinedBy();
  const other = failureOf(late.region('products').evict('2', { everywhere: { timeout: '10s' } }));
  await clock.advance('11s');
  expect(await other).toBeInstanceOf(InvalidationNotConfirmedError);

  // Those that were there before leave, as in a deployment.
  await a.close();
  await b.close();
  bridge.restart({ membersLost: true });
  await clock.advance('3s');
  const evicted = failureOf(late.region('products').evict('1', { everywhere: { timeout: '30s' } }));
  await clock.advance('31s');
  expect(cutOff.region('products').getSync('1')).toBe('old');
  expect(await evicted).toBeInstanceOf(InvalidationNotConfirmedError);
});
