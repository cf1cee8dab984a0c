import type { InMemoryInvalidationBridge } from '../../libs/distributed-cache/src/testing/in-memory-invalidation-bridge.js';
import type { Random } from '../../tools/random.mjs';
import type { SimulatedMember } from './simulated-world.js';
import { faultLength, type Fault } from './world.js';

/** How much later something arrives, in ms. */
function delay(random: Random): number {
  return random.pick([random.between(1, 50), random.between(50, 600), random.between(600, 3_000)]);
}

/** All faults of the in-memory bridge, of an instance's connection to it, and of the machines. */
export function simulatedFaults(
  bridge: InMemoryInvalidationBridge,
  namespace: string,
  after: (milliseconds: number, heal: () => void) => void,
): readonly Fault<SimulatedMember>[] {
  const lasting = (
    kind: string,
    weight: number,
    begin: (target: SimulatedMember, random: Random) => void,
    end: (target: SimulatedMember) => void,
  ): Fault<SimulatedMember> => ({
    kind,
    weight,
    inject: (target, random) => {
      begin(target, random);
      after(faultLength(random), () => end(target));
    },
  });
  const cuttingOff = (...lasted: Parameters<typeof lasting>): Fault<SimulatedMember> => ({
    ...lasting(...lasted),
    cutsOff: true,
  });
  const atOnce = (
    kind: string,
    weight: number,
    inject: (target: SimulatedMember, random: Random) => void,
  ): Fault<SimulatedMember> => ({ kind, weight, inject });
  const heal = (target: SimulatedMember): void => bridge.heal(target.shop.instance.cache);

  return [
    cuttingOff('cut', 4, (target) => bridge.cut(target.shop.instance.cache), heal),
    cuttingOff('cut silently', 4, (target) => bridge.cut(target.shop.instance.cache, { silently: true }), heal),
    lasting(
      'silent channel',
      3,
      ({ wire }) => (wire.isSilent = true),
      ({ wire }) => (wire.isSilent = false),
    ),
    lasting(
      'lost answers',
      3,
      ({ wire }) => (wire.losesAnswers = true),
      ({ wire }) => (wire.losesAnswers = false),
    ),
    lasting(
      'slow answers',
      3,
      ({ wire }, random) => (wire.answersTake = delay(random)),
      ({ wire }) => (wire.answersTake = 0),
    ),
    lasting(
      'slow channel',
      3,
      (_, random) => bridge.delay(delay(random)),
      () => bridge.delay(0),
    ),
    lasting(
      'refused for now',
      2,
      () => bridge.refuse('retry'),
      () => bridge.refuse(),
    ),
    lasting(
      'refused here',
      1,
      () => bridge.refuse('redial'),
      () => bridge.refuse(),
    ),
    lasting(
      'refused until mended',
      1,
      () => bridge.refuse('report'),
      () => bridge.refuse(),
    ),
    atOnce('dropped messages', 3, (_, random) => bridge.drop(random.between(1, 5))),
    atOnce('duplicated messages', 2, (_, random) => bridge.duplicate(random.between(1, 5))),
    atOnce('reordered messages', 2, (_, random) => bridge.reorder(random.between(2, 4))),
    atOnce('log deleted', 2, () => bridge.wipe(namespace)),
    atOnce('restart', 2, () => bridge.restart()),
    atOnce('restart with a lost tail', 2, (_, random) => bridge.restart({ lost: random.between(1, 4) })),
    // Entries that a primary accepted, but neither replicated nor published to everybody before it died: the hardest loss to notice.
    atOnce('unpublished tail lost', 3, ({ wire }, random) => {
      wire.isSilent = true;
      const lost = random.between(1, 2);
      after(random.between(20, 600), () => {
        bridge.restart({ lost });
        wire.isSilent = false;
      });
    }),
    atOnce('blocked event loop', 2, ({ machine }, random) => machine.block(faultLength(random))),
    atOnce('suspended machine', 2, (target, random) => {
      const { machine, shop } = target;
      const asleep = 1_000 + faultLength(random);
      machine.suspend(asleep, () => shop.instance.wakes());
      // After a suspension the network has often dropped the connection.
      if (random.chance(0.3)) return;
      bridge.cut(shop.instance.cache, { silently: true });
      after(asleep + faultLength(random), () => heal(target));
    }),
  ];
}
