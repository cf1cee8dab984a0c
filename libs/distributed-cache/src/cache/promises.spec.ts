import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ShopFloor } from '../../../../test/support/shop-floor.js';

const S = 2_000;
const INSTANCES = 3;

const instance = fc.nat(INSTANCES - 1);
const key = fc.constantFrom('1', '1', '1', '2');
/** How long a load or a put takes: nothing, a moment, longer than a lease. */
const duration = fc.constantFrom(0, 100, 700, 3 * S);

type Step = (shop: ShopFloor) => void | Promise<void>;

const work: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(instance, key, duration).map(
      ([at, what, ms]): Step =>
        (shop) =>
          shop.read(at, what, ms),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(instance, key).map(
      ([at, what]): Step =>
        (shop) =>
          shop.write(at, what),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(instance, key, duration).map(
      ([at, what, ms]): Step =>
        (shop) =>
          shop.update(at, what, ms),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(0, 60, 400, S).map(
      (ms): Step =>
        (shop) =>
          shop.pass(ms),
    ),
  },
);

const fault: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(instance, fc.boolean()).map(
    ([at, silently]): Step =>
      (shop) =>
        shop.bridge.cut(shop.instance(at), { silently }),
  ),
  instance.map(
    (at): Step =>
      (shop) =>
        shop.bridge.heal(shop.instance(at)),
  ),
  fc.integer({ min: 1, max: 4 }).map(
    (messages): Step =>
      (shop) =>
        shop.bridge.drop(messages),
  ),
  fc.constant<Step>((shop) => shop.bridge.duplicate(3)),
  fc.constant<Step>((shop) => shop.bridge.reorder(2)),
  fc.constantFrom(0, 80, 3_000).map(
    (ms): Step =>
      (shop) =>
        shop.bridge.delay(ms),
  ),
  fc.constantFrom('retry' as const, 'redial' as const, undefined).map(
    (remedy): Step =>
      (shop) =>
        shop.bridge.refuse(remedy),
  ),
  fc.constant<Step>((shop) => shop.bridge.wipe('shop')),
  fc.constant<Step>((shop) => shop.bridge.restart()),
);

const steps = fc.array(fc.oneof({ weight: 4, arbitrary: work }, { weight: 1, arbitrary: fault }), {
  minLength: 10,
  maxLength: 60,
});

it('no fault makes a read staler than maxStaleness, un-reads an own eviction, or leaves the instances apart for good', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const shop = await ShopFloor.open(INSTANCES, S);
      for (const step of taken) await step(shop);
      shop.bridge.heal();
      await shop.pass(4 * S);
      shop.expectCoherence();
      expect(shop.violations).toEqual([]);
    }),
    { numRuns: 150 },
  );
}, 20_000);
