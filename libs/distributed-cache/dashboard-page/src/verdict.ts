import type { FlushReason, Frame, InstanceView } from '../../src/dashboard/frame.js';
import { count, many } from './format.js';
import type { Names } from './names.js';
import { byUrgency, FLUSH_LOOP, wordsOf, type Level } from './states.js';

/** How everything is. */
export interface Verdict {
  readonly level: Level;
  readonly sentence: string;
  readonly more: string;
}

export function verdictOf(frame: Frame, names: Names): Verdict {
  const { scope, problem, instances, leftOut } = frame;
  if (problem !== null)
    return scope === 'cluster'
      ? {
          level: 'bad',
          sentence: problem.what,
          more: `Only the instance that serves this page is shown, and the others may be well. ${problem.why}`,
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
  return unwell.length === 0 ? allWell(all) : troubleOf(unwell, all, names);
}

function allWell(all: number): Verdict {
  if (all === 1)
    return {
      level: 'good',
      sentence: 'One instance, coherent.',
      more: 'When others join, each learns what another one evicts.',
    };
  return {
    level: 'good',
    sentence: `${allOf(all)} instances are coherent.`,
    more: 'Each holds copies in its own memory, and drops a copy as soon as another instance evicts it.',
  };
}

/** @param unwell - the most urgent first: the words are those for the first, and for all that are like it */
function troubleOf(unwell: readonly InstanceView[], all: number, names: Names): Verdict {
  const [first] = unwell;
  if (!first) return allWell(all);
  const { level, label, meaning } = wordsOf(first);
  const alike = unwell.filter((instance) => wordsOf(instance).label === label);
  const coherent = all - unwell.filter((instance) => wordsOf(instance) !== FLUSH_LOOP).length;
  return {
    level: level === 'quiet' ? 'busy' : level,
    sentence: `${count(coherent)} of ${many(all, 'instance')} ${coherent === 1 ? 'is' : 'are'} coherent. ${named(alike, all, names)}: ${label}.`,
    more: [meaning, ...unwell.flatMap(causesOf)].join(' '),
  };
}

/** What is known of why an instance is unwell, as sentences. */
export function causesOf({ refusal, isInFlushLoop, flushReason }: InstanceView): string[] {
  const causes = refusal === null ? [] : [`Redis has refused: ${refusal}`];
  const why = isInFlushLoop && flushReason !== null ? FLUSH_REASONS[flushReason] : undefined;
  return why === undefined ? causes : [...causes, why];
}

const FLUSH_REASONS: Readonly<Partial<Record<FlushReason, string>>> = {
  'other-server': 'Redis restarts again and again, or its name leads to several servers.',
  'unknown-server': 'Redis does not say which server it is: allow the user INFO.',
  'keys-vanished': 'Redis loses keys of the cache: most likely its memory is full and its memory policy evicts them.',
  'position-lost': 'The log does not reach back to what the instance has applied.',
  'foreign-entry': 'Somebody writes to the log without its chain of hashes.',
  'position-refused': 'Redis refuses the position in the log.',
};

/** Some instances of all, as the first words of a sentence. */
function named(some: readonly InstanceView[], all: number, names: Names): string {
  const [first, second] = some.map(({ id }) => names(id));
  if (some.length === 1 || second === undefined) return first ?? '';
  if (some.length === all) return allOf(all);
  return some.length === 2 ? `${first} and ${second}` : `${first} and ${count(some.length - 1)} more`;
}

function allOf(number: number): string {
  return number === 2 ? 'Both' : `All ${count(number)}`;
}
