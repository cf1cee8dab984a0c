import type { JSX } from 'preact';
import type { Frame, Hello } from '../../src/dashboard/frame.js';
import { bytes, many, time } from './format.js';
import type { Live } from './live.js';
import type { Names } from './names.js';
import { verdictOf } from './verdict.js';

interface Props {
  readonly live: Live;
  readonly hello: Hello;
  readonly frame: Frame;
  readonly names: Names;
}

/** One sentence that says how everything is. */
export function Headline({ live, hello, frame, names }: Props): JSX.Element {
  const { level, sentence, more } = verdictOf(frame, names);
  return (
    <header>
      <div class="title">
        <h1>
          Cache <span class="namespace">namespace {hello.namespace}</span>
        </h1>
        <Link link={live.link} />
      </div>
      <div class={`verdict ${level}`} role="status">
        <span class="lamp" aria-hidden="true" />
        <div>
          <p class="sentence">{sentence}</p>
          {more !== '' && <p class="more">{more}</p>}
        </div>
      </div>
      {frame.log && (
        <p class="log">
          Log of invalidations:{' '}
          {frame.log.length === null ? 'length unknown' : many(frame.log.length, 'entry', 'entries')}
          {frame.log.memory !== null && `, ${bytes(frame.log.memory)}`}
          {frame.log.newestAge !== null && `, the newest ${time(frame.log.newestAge)} old`}
        </p>
      )}
    </header>
  );
}

function Link({ link }: { readonly link: Live['link'] }): JSX.Element {
  const words = {
    connecting: 'connecting …',
    live: 'live',
    lost: 'connection lost, trying again …',
    refused: 'not allowed any more, or the application is away; trying again …',
  }[link];
  return (
    <span class={`link ${link}`} role="status">
      {words}
    </span>
  );
}
