import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Frame, RegionView } from '../../src/dashboard/frame.js';
import { count, percent, rate } from './format.js';
import { Sparkline } from './charts/sparkline.js';

interface Column {
  readonly key: 'name' | 'hitRate' | 'reads' | 'loads' | 'entries' | 'fenced';
  readonly label: string;
  readonly hint: string;
}

const COLUMNS: readonly Column[] = [
  { key: 'name', label: 'Region', hint: 'A named part of the cache' },
  { key: 'hitRate', label: 'Hit rate', hint: 'The share of reads that were served from memory just now' },
  { key: 'reads', label: 'Reads/s', hint: 'Of all instances' },
  { key: 'loads', label: 'Loads/s', hint: 'How often a second the source was asked' },
  { key: 'entries', label: 'Entries', hint: 'Copies in the memory of all instances together' },
  {
    key: 'fenced',
    label: 'Fenced/s',
    hint: 'Loads whose result was not stored, because an eviction came while they ran',
  },
];

/** So many rows are shown at first. */
const FIRST_ROWS = 15;

interface Props {
  readonly frame: Frame;
  readonly trails: ReadonlyMap<string, readonly number[]>;
}

export function Regions({ frame, trails }: Props): JSX.Element {
  const [{ by, isDown }, sort] = useState<{ by: Column['key']; isDown: boolean }>({ by: 'reads', isDown: true });
  const [isAll, showAll] = useState(false);
  const { regions, leftOut } = frame;
  const rows = regions.toSorted((a, b) => compared(a, b, by) * (isDown ? -1 : 1));
  return (
    <section aria-labelledby="regions">
      <h2 id="regions">Regions</h2>
      {rows.length === 0 ? (
        <p class="empty">Nothing has been read yet.</p>
      ) : (
        <table class="regions">
          <thead>
            <tr>
              {COLUMNS.map(({ key, label, hint }) => (
                <th
                  key={key}
                  scope="col"
                  class={key}
                  aria-sort={by !== key ? 'none' : isDown ? 'descending' : 'ascending'}
                >
                  <button
                    type="button"
                    title={hint}
                    onClick={() => sort({ by: key, isDown: by === key ? !isDown : key !== 'name' })}
                  >
                    {label}
                  </button>
                </th>
              ))}
              <th scope="col" class="trail">
                Reads, 2 minutes
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, isAll ? rows.length : FIRST_ROWS).map((region) => (
              <Row key={region.name} region={region} trail={trails.get(region.name) ?? []} />
            ))}
          </tbody>
        </table>
      )}
      {rows.length > FIRST_ROWS && (
        <button type="button" class="all" aria-expanded={isAll} onClick={() => showAll(!isAll)}>
          {isAll ? `Show only the first ${FIRST_ROWS}` : `Show all ${count(rows.length)} regions`}
        </button>
      )}
      {leftOut.regions > 0 && (
        <p class="note">{count(leftOut.regions)} more are not shown, those that are read least.</p>
      )}
    </section>
  );
}

function Row({ region, trail }: { readonly region: RegionView; readonly trail: readonly number[] }): JSX.Element {
  const { name, hitRate, reads, loads, entries, fenced } = region;
  return (
    <tr>
      <th scope="row" class="name">
        {name === '' ? <i>others</i> : name}
      </th>
      <td>{percent(hitRate)}</td>
      <td>{rate(reads)}</td>
      <td>{rate(loads)}</td>
      <td>{count(entries)}</td>
      <td class="fenced">{rate(fenced)}</td>
      <td class="trail">
        <Sparkline values={trail} />
      </td>
    </tr>
  );
}

function compared(a: RegionView, b: RegionView, by: Column['key']): number {
  if (by === 'name') return a.name < b.name ? -1 : 1;
  return (a[by] ?? -1) - (b[by] ?? -1);
}
