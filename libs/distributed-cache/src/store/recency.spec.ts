import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.js';
import { Recency } from './recency.js';

function entry(key: string): Entry {
  const links = { care: undefined, promise: undefined, older: undefined, newer: undefined };
  return { key, value: key, loadedAt: 0, expiresAt: 0, tags: [], size: 0, usedAt: 0, ...links };
}

describe('Recency', () => {
  it('gives the entry that was used least recently, whatever was added, used and removed', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('add', 'use', 'remove'), fc.nat(9)), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (taken) => {
        const recency = new Recency();
        const expected: Entry[] = [];
        for (const [verb, index] of taken) {
          const [known] = verb === 'add' ? [] : expected.splice(index, 1);
          if (verb === 'add') recency.add(append(expected, entry(`${index}`)));
          else if (known && verb === 'use') recency.used(append(expected, known));
          else if (known) recency.remove(known);
          expect(recency.oldest).toBe(expected[0]);
        }
        while (expected.length > 0) {
          expect(recency.oldest).toBe(expected[0]);
          const [oldest] = expected.splice(0, 1);
          if (oldest) recency.remove(oldest);
        }
        expect(recency.oldest).toBeUndefined();
      }),
    );
  });
});

function append(entries: Entry[], added: Entry): Entry {
  entries.push(added);
  return added;
}
