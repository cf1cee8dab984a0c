import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { HolderView } from '../../../src/dashboard/frame.js';
import { clock, time } from '../format.js';
import type { Names } from '../names.js';
import { evict, where } from './requests.js';
import { useOutcome } from './outcome.js';

interface Props {
  readonly regions: readonly string[];
  readonly names: Names;
  readonly canEvict: boolean;
}

interface Found {
  readonly region: string;
  readonly key: string;
  readonly instances: readonly HolderView[];
  /** When they were asked, in ms since 1970. */
  readonly at: number;
}

/** Which instance holds a key. */
export function Find({ regions, names, canEvict }: Props): JSX.Element {
  const [region, setRegion] = useState('');
  const [key, setKey] = useState('');
  const [found, setFound] = useState<Found>();
  const outcome = useOutcome();
  const isSingle = regions.length === 1;
  const asked = region || (isSingle ? (regions[0] ?? '') : '');

  const find = (): Promise<string> =>
    where(asked, key).then(({ instances }) => {
      setFound({ region: asked, key, instances, at: Date.now() });
      return '';
    });

  return (
    <section aria-labelledby="find">
      <h2 id="find">Which instance holds this key?</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void outcome.of(find);
        }}
      >
        <label>
          Region
          <input
            name="region"
            list="region-names"
            required={!isSingle}
            placeholder={regions[0] ?? 'products'}
            autocomplete="off"
            value={region}
            onInput={({ currentTarget }) => setRegion(currentTarget.value)}
          />
        </label>
        <label>
          Key
          <input
            name="key"
            required
            placeholder='42 or ["shop", 42]'
            autocomplete="off"
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={outcome.isRunning}>
          Find
        </button>
      </form>
      {outcome.line}
      {found && (
        <div class="found" role="status">
          <p>
            <span>
              <time dateTime={new Date(found.at).toISOString()}>{clock(found.at)}</time> {summaryOf(found)}
            </span>
            {canEvict && found.instances.some(({ isHeld }) => isHeld) && (
              <button
                type="button"
                class="quiet"
                disabled={outcome.isRunning}
                onClick={() => {
                  void outcome.of(async () => {
                    await evict({ what: 'key', region: found.region, key: found.key });
                    await find();
                    return 'Evicted.';
                  });
                }}
              >
                Evict it everywhere
              </button>
            )}
          </p>
          <ul class="holders">
            {found.instances.map((holder) => (
              <Holder key={holder.id} holder={holder} name={names(holder.id)} />
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function summaryOf({ region, key, instances }: Found): string {
  const held = instances.filter(({ isHeld }) => isHeld).length;
  const which = `${key} of ${region}`;
  if (instances.length === 0) return `No instance says whether it holds ${which}.`;
  if (held === 0) return `No instance holds ${which}.`;
  return `${held} of ${instances.length} ${instances.length === 1 ? 'instance holds' : 'instances hold'} ${which}.`;
}

function Holder({ holder, name }: { readonly holder: HolderView; readonly name: string }): JSX.Element {
  const { isHeld, age, left, tags } = holder;
  if (!isHeld) return <li class="absent">{name} does not hold it</li>;
  return (
    <li class="held">
      <b>{name}</b> holds it, loaded {time(age)} ago,{' '}
      {left === null ? 'no end' : left > 0 ? `${time(left)} left` : 'expired'}
      {tags.length > 0 && `, tags ${tags.join(' ')}`}
    </li>
  );
}
