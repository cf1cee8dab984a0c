import type { JSX, TargetedInputEvent } from 'preact';
import { useState } from 'preact/hooks';
import { evict, type Eviction } from './requests.js';
import { useOutcome } from './outcome.js';

type What = Eviction['what'];

const KINDS: readonly (readonly [What, string])[] = [
  ['key', 'a key'],
  ['tag', 'a tag'],
  ['region', 'a region'],
  ['everything', 'everything'],
];

/** Evicts in every instance. What takes more than a few entries is asked back. */
export function Evict({ regions }: { readonly regions: readonly string[] }): JSX.Element {
  const [what, setWhat] = useState<What>('key');
  const [fields, setFields] = useState({ region: '', key: '', tag: '' });
  const [isAsked, setAsked] = useState(false);
  const outcome = useOutcome();
  const isLarge = what === 'region' || what === 'everything';
  const set = (name: keyof typeof fields) => (event: TargetedInputEvent<HTMLInputElement>) => {
    setAsked(false);
    setFields({ ...fields, [name]: event.currentTarget.value });
  };

  return (
    <section aria-labelledby="evict">
      <h2 id="evict">Evict in every instance</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isLarge && !isAsked) return setAsked(true);
          setAsked(false);
          void outcome.of(async () => {
            const { delivered } = await evict(evictionOf(what, fields));
            return delivered
              ? 'Evicted. It is on its way to the other instances: see above.'
              : 'Evicted in one instance. The others learn of it as soon as Redis takes it.';
          });
        }}
      >
        <fieldset>
          <legend>What</legend>
          {KINDS.map(([kind, label]) => (
            <label key={kind} class="choice">
              <input
                type="radio"
                name="what"
                value={kind}
                checked={what === kind}
                onChange={() => {
                  setAsked(false);
                  setWhat(kind);
                }}
              />
              {label}
            </label>
          ))}
        </fieldset>
        {(what === 'key' || what === 'region') && (
          <Field
            label="Region"
            name="region"
            list="region-names"
            hint={regions[0] ?? 'products'}
            value={fields.region}
            onInput={set('region')}
          />
        )}
        {what === 'key' && <Field label="Key" name="key" hint="42" value={fields.key} onInput={set('key')} />}
        {what === 'tag' && <Field label="Tag" name="tag" hint="books" value={fields.tag} onInput={set('tag')} />}
        <button type="submit" class="danger" disabled={outcome.isRunning}>
          {isAsked ? `Yes, evict ${what === 'region' ? `all of ${fields.region}` : 'everything'}` : 'Evict'}
        </button>
        {isAsked && (
          <>
            <p class="note" role="alert">
              Every instance will load anew what is read of it. Press again if you mean it.
            </p>
            <button type="button" class="quiet" onClick={() => setAsked(false)}>
              Cancel
            </button>
          </>
        )}
      </form>
      {outcome.line}
    </section>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly hint: string;
  readonly list?: string;
  readonly value: string;
  readonly onInput: (event: TargetedInputEvent<HTMLInputElement>) => void;
}

function Field({ label, hint, ...input }: FieldProps): JSX.Element {
  return (
    <label>
      {label}
      <input type="text" required placeholder={hint} autocomplete="off" {...input} />
    </label>
  );
}

function evictionOf(what: What, { region, key, tag }: { region: string; key: string; tag: string }): Eviction {
  switch (what) {
    case 'key':
      return { what, region, key };
    case 'tag':
      return { what, tag };
    case 'region':
      return { what, region };
    case 'everything':
      return { what };
  }
}
