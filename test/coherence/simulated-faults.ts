import type { InMemoryInvalidationBridge } from '../../libs/distributed-cache/src/testing/in-memory-invalidation-bridge.js';
import type { Random } from '../../tools/random.mjs';
import type { Members } from './members.js';
import type { ServerClock } from './server-clock.js';
import type { SimulatedMember } from './simulated-world.js';
import { faultLength, LONG_ABSENCE, LONGEST_FAULT, type Fault } from './world.js';

/** How much later something arrives, in ms. */
function delay(random: Random): number {
  return random.pick([random.between(1, 50), random.between(50, 600), random.between(600, 3_000)]);
}

/** Longer than the list of members keeps an instance that is away, in ms. */
const LONGER_THAN_KEPT = 660_000;

interface Parts {
  readonly bridge: InMemoryInvalidationBridge;
  readonly serverClock: ServerClock;
  /** Who is on the list of members; it is told when the server loses the list. */
  readonly members: Members;
  readonly namespace: string;
  after(milliseconds: number, heal: () => void): void;
}

/** All faults of the in-memory bridge, of an instance's connection to it, of its server, and of the machines. */
export function simulatedFaults({
  bridge,
  serverClock,
  members,
  namespace,
  after,
}: Parts): readonly Fault<SimulatedMember>[] {
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
  const restart = (how: Parameters<typeof bridge.restart>[0] = {}): void => {
    bridge.restart(how);
    // Every restart may lose it, and the library cannot rely on the contrary.
    members.lost();
  };
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
    // Until it is drawn again: what happens between two messages is rare enough.
    atOnce('messages one by one', 3, ({ wire }, random) => {
      wire.messagesTake = random.pick([0, random.between(1, 50), random.between(50, 300)]);
    }),
    // Until it is drawn again: the messages of several instances mix.
    atOnce('messages sent one by one', 2, ({ wire }, random) => (wire.requestsTake = random.between(20, 100))),
    lasting(
      'requests one by one',
      3,
      ({ wire }, random) => (wire.requestsTake = random.between(1, 300)),
      ({ wire }) => (wire.requestsTake = 0),
    ),
    // A replay in several answers, between which something else happens.
    atOnce('cut, then a slow replay', 2, (target, random) => {
      bridge.cut(target.shop.instance.cache);
      target.wire.answersTake = random.between(20, 400);
      const cut = random.between(100, 2_500);
      after(cut, () => heal(target));
      after(cut + random.between(500, 4_000), () => (target.wire.answersTake = 0));
    }),
    // Of what leaves as several messages, some have reached the log by then.
    atOnce('cut among slow requests', 2, (target, random) => {
      target.wire.requestsTake = random.between(20, 150);
      const slow = random.between(100, 2_500);
      after(slow, () => bridge.cut(target.shop.instance.cache));
      after(slow + faultLength(random), () => {
        heal(target);
        target.wire.requestsTake = 0;
      });
    }),
    // The ones before it and after it reach the log.
    atOnce('one message refused', 2, ({ wire }, random) => (wire.refusesAfter = random.between(0, 3))),
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
    atOnce('restart', 2, () => restart()),
    atOnce('restart with a lost tail', 2, (_, random) => restart({ lost: random.between(1, 4) })),
    // Entries that a primary accepted, but neither replicated nor published to everybody before it died: the hardest loss to notice.
    atOnce('unpublished tail lost', 3, ({ wire }, random) => {
      wire.isSilent = true;
      const lost = random.between(1, 2);
      after(random.between(20, 600), () => {
        restart({ lost });
        wire.isSilent = false;
      });
    }),
    atOnce('members lost', 1, () => restart({ membersLost: true })),
    // The instance that is cut off is on no list then, and may still serve.
    atOnce('members lost behind a cut', 1, (target, random) => {
      bridge.cut(target.shop.instance.cache, { silently: random.chance(0.5) });
      after(random.between(20, 2_000), () => restart({ membersLost: true }));
      after(random.between(2_500, 12_000), () => heal(target));
    }),
    // Not by less than the time between two syncs: nobody can tell such a step from time that has passed.
    atOnce('clock set forward', 1, (_, random) => serverClock.set(random.pick([15_000, LONGER_THAN_KEPT]))),
    atOnce('clock set back', 1, (_, random) => serverClock.set(-random.pick([5_000, LONGER_THAN_KEPT]))),
    atOnce(LONG_ABSENCE, 0, (target, random) => {
      const cut = (): void => bridge.cut(target.shop.instance.cache, { silently: random.chance(0.5) });
      cut();
      // An earlier cut may end meanwhile, and its end would be the end of this one.
      after(LONGEST_FAULT, cut);
      after(LONGER_THAN_KEPT + random.between(0, 120_000), () => heal(target));
    }),
    atOnce('blocked event loop', 2, ({ machine }, random) => machine.block(faultLength(random))),
    atOnce('suspended machine', 2, (target, random) => {
      const { machine, shop } = target;
      const asleep = 1_000 + faultLength(random);
      // The wall clock alone would then show that no time has passed.
      const setBack = random.chance(0.5) ? asleep : 0;
      machine.suspend(asleep, () => shop.instance.wakes(), setBack);
      // After a suspension the network has often dropped the connection.
      if (random.chance(0.3)) return;
      bridge.cut(shop.instance.cache, { silently: true });
      after(asleep + faultLength(random), () => heal(target));
    }),
  ];
}
