import type { JSX } from 'preact';
import { Charts } from './charts/charts.js';
import { Evict } from './forms/evict.js';
import { Find } from './forms/find.js';
import { Headline } from './headline.js';
import { Instances } from './instances.js';
import { Invalidations } from './invalidations.js';
import { useLive } from './live.js';
import { namesOf } from './names.js';
import { Regions } from './regions.js';
import { Words } from './words.js';

export function App(): JSX.Element {
  const live = useLive();
  const { hello, frame, link } = live;
  if (!hello || !frame)
    return (
      <p class="boot">
        {link === 'refused' ? 'You may not look at this page, or your session has ended.' : 'Connecting …'}
      </p>
    );
  const names = namesOf(live.known);
  const regions = frame.regions.map(({ name }) => name).filter((name) => name !== '');
  return (
    <>
      <Headline live={live} hello={hello} frame={frame} names={names} />
      <main>
        <Instances frame={frame} self={hello.self} names={names} />
        <Charts points={live.points} frame={frame} />
        <Invalidations live={live} frame={frame} names={names} />
        <Regions frame={frame} trails={live.trails} />
        <div class="side-by-side">
          <Find regions={regions} names={names} canEvict={hello.canEvict} />
          {hello.canEvict && <Evict regions={regions} />}
        </div>
        <Words />
      </main>
      <datalist id="region-names">
        {regions.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
