import type { Evictions } from './evictions.js';
import { SLACK, type History } from './history.js';
import type { MadeValue, Part } from './made-value.js';
import type { Moment } from './moments.js';

/** A read that gave a value. */
export interface Read {
  readonly instance: string;
  readonly asked: Moment;
  readonly value: MadeValue;
  /** Whether an eviction everywhere speaks for this instance: not if it had never reached the server. */
  readonly isReached: boolean;
}

/** Holds what is old in what was read against what is promised at any time. */
export function checkOldParts(history: History, { instance, asked, value, isReached }: Read): void {
  const { figures, maxStaleness } = history;
  for (const [part, replaced] of oldParts(history, value)) {
    const details = { ...history.describe(value), row: part.row };
    const { region, key } = value.origin;
    if (isReached && history.wasConfirmed(value, part, replaced, asked)) {
      history.violated('evicted everywhere', { instance, region, key }, details);
    }
    const loggedAt = history.loggedSince(value, part, replaced);
    if (loggedAt === undefined) continue;
    const staleness = asked.time - loggedAt;
    figures.worstStaleness = Math.max(figures.worstStaleness, staleness);
    if (staleness <= maxStaleness + SLACK) continue;
    history.violated('bounded staleness', { instance, region, key }, { ...details, staleness, loggedAt });
  }
}

/** Nothing that somebody has evicted who could deliver it is to be left when all is over. */
export function checkAgreement(history: History, { instance, value }: Pick<Read, 'instance' | 'value'>): void {
  for (const [part, replaced] of oldParts(history, value)) {
    if (!history.wasEvicted(value, part, replaced)) continue;
    const { region, key } = value.origin;
    const details = { ...history.describe(value), row: part.row };
    history.violated('agreement after the faults', { instance, region, key }, details);
  }
}

/** Everything that an instance evicted has reached the log since. */
export function checkDelivery(history: History, instance: string, evictions: Evictions): void {
  for (const { name, sequence, entry } of evictions.last()) {
    if (history.hasLogged(entry, sequence)) continue;
    const { region, key } = entry;
    const details = { name, why: 'its invalidation never reached the log' };
    history.violated('agreement after the faults', { instance, region, key }, details);
  }
}

/** What of `value` has been replaced in the source, and when. */
function* oldParts({ source }: History, { parts }: MadeValue): Generator<[Part, Moment]> {
  for (const part of parts) {
    const replaced = source.replacedAt(part.row, part.version);
    if (replaced) yield [part, replaced];
  }
}
