import type { JSX } from 'preact';
import type { Frame, InstanceView, InvalidationView } from '../../src/dashboard/frame.js';
import { clock, many, time } from './format.js';
import type { Live } from './live.js';
import type { Names } from './names.js';
import { wordsOf } from './states.js';

/** So many are shown at once. */
const SHOWN = 12;
/** Of more receivers, only those are named that it has not reached. */
const MOST_NAMED = 6;

interface Props {
  readonly live: Live;
  readonly frame: Frame;
  readonly names: Names;
}

/** What is evicted, and how it reaches the others. */
export function Invalidations({ live: { invalidations }, frame, names }: Props): JSX.Element {
  // One that was never seen to listen is not waited for.
  const hasListened = new Set(invalidations.flatMap(({ arrivals }) => Object.keys(arrivals)));
  const isWaitedFor = (instance: InstanceView): boolean =>
    instance.state !== null || hasListened.has(instance.id) || wordsOf(instance).level === 'bad';
  const others = frame.instances.filter(isWaitedFor).map(({ id }) => id);
  return (
    <section aria-labelledby="invalidations">
      <h2 id="invalidations">Invalidations, and whom they have reached</h2>
      <p class="note">
        Who evicted, what, and which other instances have dropped their copies. <i>≤ 5 ms</i>: it took no longer than
        that. The newest is on top.
      </p>
      {invalidations.length === 0 ? (
        <p class="empty">Nothing has been evicted since somebody looks.</p>
      ) : (
        <ol class="travels" aria-live="off">
          {invalidations.slice(0, SHOWN).map((each) => (
            <Travel key={each.number} travel={each} others={others} names={names} isAlone={frame.scope !== 'cluster'} />
          ))}
        </ol>
      )}
    </section>
  );
}

interface TravelProps {
  readonly travel: InvalidationView;
  readonly others: readonly string[];
  readonly names: Names;
  readonly isAlone: boolean;
}

function Travel({ travel, others, names, isAlone }: TravelProps): JSX.Element {
  const { at, from, arrivals, isLogged } = travel;
  // Also those that were there then, and are not now.
  const receivers = [...new Set([...others, ...Object.keys(arrivals)])].filter((id) => id !== from);
  return (
    <li class="travel">
      <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
      <span class="what">
        <b title={from}>{names(from)}</b> evicted {contentOf(travel)}
      </span>
      {!isAlone && !isLogged && (
        <span class="unproven">sent, but not in the log, so nobody can tell which instances have applied it</span>
      )}
      {!isAlone && isLogged && receivers.length > 0 && (
        <ul class="arrivals" aria-label="has reached">
          {receivers.length > MOST_NAMED ? (
            <Summary receivers={receivers} arrivals={arrivals} names={names} />
          ) : (
            receivers.map((id) => <Arrival key={id} name={names(id)} after={arrivals[id]} />)
          )}
        </ul>
      )}
    </li>
  );
}

interface SummaryProps {
  readonly receivers: readonly string[];
  readonly arrivals: InvalidationView['arrivals'];
  readonly names: Names;
}

/** Of many instances: how many it has reached, and by name those that it has not. */
function Summary({ receivers, arrivals, names }: SummaryProps): JSX.Element {
  const reached = receivers.filter((id) => arrivals[id] !== undefined);
  const waiting = receivers.filter((id) => arrivals[id] === undefined);
  const times = reached.map((id) => arrivals[id] ?? null).filter((after) => after !== null);
  // One without a time may have been slower than all others.
  const slowest = times.length === reached.length ? Math.max(...times) : null;
  return (
    <>
      {reached.length > 0 && (
        <Arrival
          name={reached.length === receivers.length ? `all ${reached.length} others` : `${reached.length} others`}
          after={slowest}
        />
      )}
      {waiting.slice(0, MOST_NAMED).map((id) => (
        <Arrival key={id} name={names(id)} after={undefined} />
      ))}
      {waiting.length > MOST_NAMED && <Arrival name={`${waiting.length - MOST_NAMED} more`} after={undefined} />}
    </>
  );
}

/** @param after - `null`: it has arrived, unmeasured; `undefined`: not yet */
function Arrival({ name, after }: { readonly name: string; readonly after: number | null | undefined }): JSX.Element {
  if (after === undefined)
    return (
      <li class="arrival on-its-way" title="It has not been seen to apply it yet">
        {name}: not yet
      </li>
    );
  const hint = after === null ? 'It has applied it; nobody has measured when' : 'It took no longer than this to arrive';
  return (
    <li class="arrival" title={hint}>
      <span aria-hidden="true">✓</span> {name}
      {after !== null && ` ≤ ${time(after)}`}
    </li>
  );
}

function contentOf({ everything, regions, regionCount, keys, keyCount, tagCount }: InvalidationView): string {
  if (everything) return 'everything';
  const parts = [];
  if (regionCount > 0)
    parts.push(`${regionCount === 1 ? 'region' : `${regionCount} regions:`} ${listed(regions, regionCount)}`);
  if (keys.length === 1 && keys[0]) parts.push(`${many(keyCount, 'key')} of ${keys[0][0]}`);
  else if (keyCount > 0) parts.push(`${many(keyCount, 'key')} of ${keys.map(([region]) => region).join(', ')}`);
  if (tagCount > 0) parts.push(many(tagCount, 'tag'));
  return parts.join(' and ');
}

function listed(names: readonly string[], all: number): string {
  return all > names.length ? `${names.join(', ')} and ${all - names.length} more` : names.join(', ');
}
