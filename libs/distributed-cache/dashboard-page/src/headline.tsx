import type { JSX } from 'preact';
import type { Frame, Hello } from '../../src/dashboard/frame.js';
import { bytes, count, many, time } from './format.js';
import type { Live } from './live.js';
import type { Names } from './names.js';
import { byUrgency, wordsOf, type Level } from './states.js';

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

interface Verdict {
  readonly level: Level;
  readonly sentence: string;
  readonly more: string;
}

function verdictOf({ scope, problem, instances, leftOut }: Frame, names: Names): Verdict {
  if (problem !== null)
    return scope === 'cluster'
      ? {
          level: 'bad',
          sentence: problem.what,
          more: `So only that instance can be seen here. The others may be well. ${problem.why}`,
        }
      : { level: 'quiet', sentence: problem.what, more: problem.why };
  if (scope === 'local')
    return {
      level: 'good',
      sentence: 'This instance runs alone, in local mode.',
      more: 'It has no connection to Redis, so what it evicts reaches no other instance.',
    };
  const all = instances.length + leftOut.instances;
  const unwell = byUrgency(instances).filter((instance) => wordsOf(instance).level !== 'good');
  const [first] = unwell;
  if (!first)
    return {
      level: 'good',
      sentence: all === 1 ? 'One instance, coherent.' : `All ${count(all)} instances are coherent.`,
      more:
        all === 1
          ? 'When others join, each learns what another one evicts.'
          : 'Each holds copies in its own memory, and drops a copy as soon as another instance evicts it.',
    };
  const { level, label, meaning } = wordsOf(first);
  return {
    level: level === 'quiet' ? 'busy' : level,
    sentence:
      unwell.length === 1
        ? `${count(all - 1)} of ${many(all, 'instance')} are coherent. ${names(first.id)}: ${label}.`
        : `${count(all - unwell.length)} of ${many(all, 'instance')} are coherent. ${names(first.id)} and others: ${label}.`,
    more: meaning,
  };
}
