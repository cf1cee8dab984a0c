import type { InstanceView } from '../../src/dashboard/frame.js';
import { mostBetweenSyncs } from '../../src/protocol/sync-interval.js';
import { time } from './format.js';

/** How urgent it is. */
export type Level = 'good' | 'busy' | 'bad' | 'quiet';

/** What a state of an instance means, for somebody who has never heard of it. */
export interface StateWords {
  readonly level: Level;
  readonly label: string;
  /** Sentences that are true of one instance; where there may be several in the same trouble, of these as well. */
  readonly meaning: string;
}

const STATES: Readonly<Record<string, StateWords>> = {
  coherent: { level: 'good', label: 'coherent', meaning: 'Every invalidation arrives.' },
  local: { level: 'good', label: 'local', meaning: 'There are no other instances to hear from.' },
  connecting: { level: 'busy', label: 'connecting', meaning: 'No sync yet: reads are served, and nothing is stored.' },
  undelivered: {
    level: 'bad',
    label: 'undelivered',
    meaning: 'Invalidations arrive, but what was evicted there is not in the log yet, so others may miss it.',
  },
  disconnected: {
    level: 'bad',
    label: 'disconnected',
    meaning:
      'It does not reach Redis, so it misses what others evict. It serves its copies until its lease ends, then it loads anew.',
  },
};

/** It answers over Redis, so it is not cut off. */
const SYNCS_FAIL: StateWords = {
  level: 'bad',
  label: 'disconnected, syncs fail',
  meaning:
    'Redis answers, but syncs do not succeed. Evictions still come over the channel, but nothing proves that none is missing: old copies ' +
    'are served until the lease ends, and then loaded anew.',
};

/** It is coherent, and of little use. */
export const FLUSH_LOOP: StateWords = {
  level: 'busy',
  label: 'flush loop',
  meaning: 'All copies are dropped again and again: nothing old is served, and everything is loaded anew.',
};

function noAnswer(meaning: string): StateWords {
  return { level: 'quiet', label: 'no answer', meaning };
}

/** What an instance is like that does not answer. */
function silent({ syncAge, maxStaleness }: InstanceView): StateWords {
  if (syncAge === null || maxStaleness === null)
    return noAnswer('It is a member and gives no figures: it may be cut off from Redis, or gone.');
  if (syncAge <= mostBetweenSyncs(maxStaleness))
    return noAnswer(
      `Redis heard of it ${time(syncAge)} ago, and it gives no figures: it is busy or was just cut off, is of an older version, or was told not to answer.`,
    );
  return {
    level: 'bad',
    label: 'cut off or gone',
    meaning:
      `Redis has not heard of it for ${time(syncAge)}. ` +
      (syncAge < maxStaleness
        ? `If it still runs, it may serve what others evict for ${time(maxStaleness - syncAge)} more, then it loads anew.`
        : 'If it still runs, it does not trust its old copies any more, and loads anew.'),
  };
}

export function wordsOf(instance: InstanceView): StateWords {
  const { state, isReached, isInFlushLoop } = instance;
  if (state === null) return silent(instance);
  if (state === 'disconnected' && isReached) return SYNCS_FAIL;
  if (state === 'coherent' && isInFlushLoop) return FLUSH_LOOP;
  return STATES[state] ?? { level: 'busy', label: state, meaning: '' };
}

const URGENCY: readonly Level[] = ['bad', 'busy', 'quiet', 'good'];

/** The most urgent first. Otherwise in the order in which they came. */
export function byUrgency(instances: readonly InstanceView[]): InstanceView[] {
  const urgency = (instance: InstanceView): number => URGENCY.indexOf(wordsOf(instance).level);
  return instances.toSorted((a, b) => urgency(a) - urgency(b));
}
