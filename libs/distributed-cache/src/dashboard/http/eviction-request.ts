import { canonicalKey, canonicalName, type CacheKey } from '../../keys/canonical-key.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { propertyOf } from '../../observer/answer-figures.js';
import { InvalidOptionsError } from '../../errors.js';

/**
 * What the body of a request wants to evict: `{ what: 'key', region, key }`, `{ what: 'tag', tag }`, `{ what: 'region', region }` or
 * `{ what: 'everything' }`.
 *
 * @throws {InvalidOptionsError} when it wants nothing that can be evicted
 * @throws {InvalidKeyError} when a name is empty or no text
 *
 * @internal
 */
export function evictionIn(body: unknown): InvalidationTarget {
  const text = (name: string): string => textIn(body, name);
  switch (propertyOf(body, 'what')) {
    case 'everything':
      return { kind: 'everything' };
    case 'region':
      return { kind: 'region', region: canonicalName('region', text('region')) };
    case 'tag':
      return { kind: 'tag', tag: canonicalName('tag', text('tag')) };
    case 'key':
      return { kind: 'key', ...keyIn(body) };
    default:
      throw new InvalidOptionsError("what: allowed are 'key', 'tag', 'region' and 'everything'.");
  }
}

/**
 * The region and the canonical key that the body of a request names. A key that is written as a JSON list, such as `["shop", 42]`, is a list.
 *
 * @throws as {@link evictionIn}
 *
 * @internal
 */
export function keyIn(body: unknown): { readonly region: string; readonly key: string } {
  const region = canonicalName('region', textIn(body, 'region'));
  return { region, key: canonicalKey(keyWrittenAs(textIn(body, 'key'))) };
}

function keyWrittenAs(text: string): CacheKey {
  if (!text.startsWith('[')) return text;
  try {
    const list: unknown = JSON.parse(text);
    const isKey = (part: unknown): part is string | number => typeof part === 'string' || typeof part === 'number';
    return Array.isArray(list) && list.length > 0 && list.every(isKey) ? list : text;
  } catch {
    return text;
  }
}

/** The longest name or key that is taken. */
const LONGEST = 4_096;

function textIn(body: unknown, name: string): string {
  const value = propertyOf(body, name);
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST) return value;
  throw new InvalidOptionsError(`${name}: allowed is a text that is not empty.`);
}
