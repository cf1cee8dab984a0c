import type { Evictions } from './evictions.js';
import { SLACK, type History } from './history.js';
import type { MadeValue, Part } from './made-value.js';
import type { Moment } from './moments.js';

/** A read that returned a value. */
export interface Read {
  readonly instance: string;
  readonly asked: Moment;
  readonly value: MadeValue;
  /** Whether an eviction everywhere waits for this instance; not if it had never reached the server. */
  readonly isReached: boolean;
}

/** Checks the parts of a read value that have been replaced: were they still allowed? */
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

/** Checks that the instance holds nothing that another one has evicted and could deliver. For the end of a history. */
export function checkAgreement(history: History, { instance, value }: Pick<Read, 'instance' | 'value'>): void {
  for (const [part, replaced] of oldParts(history, value)) {
    if (!history.wasEvicted(value, part, replaced)) continue;
    const { region, key } = value.origin;
    const details = { ...history.describe(value), row: part.row };
    history.violated('agreement after the faults', { instance, region, key }, details);
  }
}

/** Checks that every eviction of an instance has reached the log. */
export function checkDelivery(history: History, instance: string, evictions: Evictions): void {
  for (const { target, sequence, entry } of evictions.last()) {
    if (history.hasLogged(entry, sequence)) continue;
    const { region, key } = entry;
    const details = { target, why: 'its invalidation never reached the log' };
    history.violated('agreement after the faults', { instance, region, key }, details);
  }
}

/** The parts of `value` that have been replaced in the source, and when. */
function* oldParts({ source }: History, { parts }: MadeValue): Generator<[Part, Moment]> {
  for (const part of parts) {
    const replaced = source.replacedAt(part.row, part.version);
    if (replaced) yield [part, replaced];
  }
}
