import { canonicalKey } from '../keys/canonical-key.js';
import { propertyOf } from '../observer/answer-figures.js';
import { shown } from './answers.js';
import { EXIT, type Surroundings } from './surroundings.js';
import { table, time } from './table.js';
import { observing, type TargetOptions } from './target.js';

/** @internal */
export interface WhereCommand extends TargetOptions {
  readonly region: string;
  readonly key: string;
}

/** `where`: which instances hold a key. It is bad when none does. @internal */
export async function where(options: WhereCommand, surroundings: Surroundings): Promise<number> {
  const { region, key, json } = options;
  const answers = await observing(options, surroundings, {}, async (observer) => {
    const { members } = await observer.look();
    return observer.ask({ ask: 'entry', region, key: canonicalKey(key) }, members.length);
  });
  const held = answers.filter(({ entry }) => entry !== null && entry !== undefined);
  if (json)
    surroundings.out(
      `${JSON.stringify(
        answers.map(({ from, entry }) => ({ from, entry })),
        undefined,
        2,
      )}\n`,
    );
  else if (answers.length === 0) surroundings.out('No instance answers. `status` shows which there are.\n');
  else surroundings.out(page(answers));
  return held.length > 0 ? EXIT.done : EXIT.bad;
}

function page(answers: readonly { readonly from: string; readonly [property: string]: unknown }[]): string {
  const rows = answers.map(({ from, entry }) => {
    const tags = propertyOf(entry, 'tags');
    return entry === null || entry === undefined
      ? [shown(from), 'no']
      : [
          shown(from),
          'yes',
          time(propertyOf(entry, 'age')),
          time(propertyOf(entry, 'left')),
          Array.isArray(tags) ? tags.map(shown).join(' ') : '',
        ];
  });
  const columns = [
    { heading: 'instance' },
    { heading: 'holds it' },
    { heading: 'loaded ago', isNumeric: true },
    { heading: 'time left', isNumeric: true },
    { heading: 'tags' },
  ];
  return table(columns, rows);
}
