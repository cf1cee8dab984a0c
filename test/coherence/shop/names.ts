import type { InvalidationTarget } from '../../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Subject } from '../moments.js';

/** The region of cached lists. Each is made of cached rows. */
export const LISTS = 'lists';

export function rowOf({ region, key }: Subject): string {
  return `${region}/${key}`;
}

export function keyOf(subject: Subject): InvalidationTarget {
  return { kind: 'key', region: subject.region, key: subject.key };
}

export function tagOf(row: string): string {
  return `row:${row}`;
}

export function tagsOf(subjects: readonly Subject[]): string[] {
  return subjects.map(rowOf).map(tagOf);
}
