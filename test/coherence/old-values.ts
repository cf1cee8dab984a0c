import type { Evictions } from './evictions.js';
import { SLACK, type History } from './history.js';
import type { InstanceHistory } from './instance-history.js';
import type { MadeValue, Part } from './made-value.js';
import type { Moment } from './moments.js';

/** A read that returned a value. */
export interface Read {
  readonly instance: InstanceHistory;
  readonly asked: Moment;
  readonly value: MadeValue;
}

/**
 * Checks the parts of a read value that have been replaced: were they still allowed? Not the untraced ones: where the cache cannot know for
 * which load a copy is read, staleness may add up.
 */
export function checkOldParts(history: History, { instance, asked, value }: Read): void {
  const { figures } = history;
  const { name, maxStaleness } = instance;
  for (const [part, replaced] of oldParts(history, value)) {
    if (part.isUntraced) continue;
    const where = { instance: name, region: value.origin.region, key: value.origin.key };
    const details = { ...history.describe(value), row: part.row };
    if (history.wasConfirmed(value, part, replaced, asked, instance)) {
      history.violated('evicted everywhere', where, details);
    }
    if (part.from !== value.origin && instance.replays?.broughtBoth(value, part, asked)) {
      history.violated('what one replay brings', where, details);
    }
    const loggedAt = history.loggedSince(value, part, replaced);
    if (loggedAt === undefined) continue;
    const staleness = asked.time - loggedAt;
    // The others have a bound of their own.
    if (maxStaleness === history.maxStaleness) figures.worstStaleness = Math.max(figures.worstStaleness, staleness);
    if (staleness <= maxStaleness + SLACK) continue;
    history.violated('bounded staleness', where, { ...details, staleness, loggedAt, maxStaleness });
  }
}

/** Checks that the instance holds nothing that another one has evicted and could deliver. For the end of a history. */
export function checkAgreement(history: History, { instance, value }: Pick<Read, 'instance' | 'value'>): void {
  for (const [part, replaced] of oldParts(history, value)) {
    if (!history.wasEvicted(value, part, replaced)) continue;
    const { region, key } = value.origin;
    const details = { ...history.describe(value), row: part.row };
    history.violated('agreement after the faults', { instance: instance.name, region, key }, details);
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

/** Whether a row of which `value` is made has been replaced. */
export function isOld(history: History, value: MadeValue): boolean {
  return oldParts(history, value).next().done !== true;
}

/** Whether a row of `value` has been replaced of which the log did not have the eviction until `until`. */
export function isUnlogged(history: History, value: MadeValue, until: number): boolean {
  for (const [part, replaced] of oldParts(history, value)) {
    const loggedAt = history.loggedSince(value, part, replaced);
    if (loggedAt === undefined || loggedAt > until) return true;
  }
  return false;
}

/** The parts of `value` that have been replaced in the source, and when. */
function* oldParts({ source }: History, { parts }: MadeValue): Generator<[Part, Moment]> {
  for (const part of parts) {
    const replaced = source.replacedAt(part.row, part.version);
    if (replaced) yield [part, replaced];
  }
}
