import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Frame, Point } from '../../../src/dashboard/frame.js';
import { Chart, type Line } from './chart.js';
import { many, percent, rate, time } from '../format.js';
import { CHARTED } from '../live.js';

/** The charts show this at least, in ms: with less, a few points would look like an age. */
const LEAST = 120_000;
/** A longer time between two points, in ms, is a gap: nobody looked. */
const GAP = 6_000;

interface Props {
  readonly points: readonly Point[];
  readonly frame: Frame;
}

/** The last 15 minutes, as far as somebody looked. */
export function Charts({ points, frame }: Props): JSX.Element {
  const { at } = frame;
  const withGaps = useMemo(() => gapped(points), [points]);
  const times = useMemo(() => withGaps.map((point) => point.at / 1_000), [withGaps]);
  const line = (label: string, tone: Line['tone'], of: (point: Point) => number | null): Line => ({
    label,
    tone,
    values: withGaps.map((point) => ('isGap' in point ? null : of(point))),
  });
  const shown = Math.min(CHARTED, Math.max(LEAST, at - (points[0]?.at ?? at)));
  const common = { times, from: (at - shown) / 1_000, to: at / 1_000 };
  return (
    <section aria-labelledby="charts">
      <h2 id="charts">The last {Math.round(shown / 60_000)} minutes, all instances together</h2>
      <Absent frame={frame} />
      <div class="charts">
        <Chart {...common} title="Reads a second" lines={[line('reads', 'first', ({ reads }) => reads)]} show={rate} />
        <Chart
          {...common}
          title="Hit rate"
          lines={[line('hits', 'good', ({ hitRate }) => hitRate)]}
          show={percent}
          most={1}
        />
        <Chart {...common} title="Loads a second" lines={[line('loads', 'second', ({ loads }) => loads)]} show={rate} />
        <Chart
          {...common}
          title="Propagation, slowest instance"
          lines={[line('p50', 'first', ({ p50 }) => p50), line('p99', 'second', ({ p99 }) => p99)]}
          show={time}
        />
      </div>
    </section>
  );
}

/** Who is not in the lines just now: otherwise they seem to fall. */
function Absent({ frame: { scope, problem, instances } }: { readonly frame: Frame }): JSX.Element | null {
  if (scope === 'cluster' && problem !== null)
    return <p class="note">Just now only the figures of the instance that serves this page are known.</p>;
  const absent = instances.filter(({ state }) => state === null).length;
  return absent === 0 ? null : (
    <p class="note">
      Just now without {many(absent, 'instance')}, which {absent === 1 ? 'gives' : 'give'} no figures.
    </p>
  );
}

type MaybeGap = Point | { readonly at: number; readonly isGap: true };

function gapped(points: readonly Point[]): readonly MaybeGap[] {
  return points.flatMap((point, index): MaybeGap[] => {
    const before = points[index - 1];
    return before && point.at - before.at > GAP ? [{ at: before.at + 1, isGap: true }, point] : [point];
  });
}
