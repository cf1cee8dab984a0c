import type { Clock } from '../../libs/distributed-cache/src/common/clock.js';
import type { SourceOfTruth } from './source-of-truth.js';
import { faultLength, type Fault, type Member } from './world.js';

/** The faults of the source of truth. Only the schedules with load policies have them. */
export function sourceFaults(source: SourceOfTruth, clock: Clock): readonly Fault<Member>[] {
  return [
    {
      kind: 'source down',
      weight: 4,
      inject: (_, random) => {
        source.isDown = true;
        clock.schedule(() => (source.isDown = false), faultLength(random));
      },
    },
    {
      kind: 'source slow',
      weight: 4,
      inject: (_, random) => {
        source.slowness = random.pick([200, 800, 4_000]);
        clock.schedule(() => (source.slowness = 0), faultLength(random));
      },
    },
  ];
}
