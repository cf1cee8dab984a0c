import type { JSX } from 'preact';

const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  ['instance', 'One process of the application. Each holds copies of its own.'],
  [
    'hit, miss, load',
    'A read is a hit if a copy is there, else a miss. A load asks the source, for example the database.',
  ],
  ['region, entry', 'A region is a named part of the cache. An entry is one copy in it.'],
  ['evict, invalidation', 'To evict is to drop copies in every instance. An invalidation is the message that says so.'],
  ['coherent', 'The instance hears every invalidation, so it serves nothing that was evicted.'],
  [
    'lease',
    'For so long an instance may serve its copies without hearing from the others. It is renewed all the time.',
  ],
  ['outbox', 'Evictions of an instance that the log in Redis does not have yet.'],
  ['propagation', 'How long an invalidation takes from the instance that sends it until it comes back over Redis.'],
  ['flush', 'An instance drops all its copies, because it cannot prove that it knows every invalidation.'],
  ['fenced', 'A load was overtaken by an eviction, so its result was not stored: it may have been old.'],
];

export function Words(): JSX.Element {
  return (
    <details class="words">
      <summary>What do the words mean?</summary>
      <dl>
        {WORDS.map(([word, meaning]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p class="note">
        Figures are asked for every two seconds while somebody looks. No value is ever shown, and no key that was not
        asked for.
      </p>
    </details>
  );
}
