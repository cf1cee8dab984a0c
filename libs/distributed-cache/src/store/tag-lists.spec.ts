import { describe, expect, it } from 'vitest';
import { NONE, Slots } from './slots.js';
import { TagLists } from './tag-lists.js';

class Tagged {
  readonly slots = new Slots(100);
  readonly tags = new TagLists(this.slots);

  /** An entry with these tags. */
  add(...tags: string[]): number {
    const slot = this.slots.take();
    this.tags.add(slot, tags);
    return slot;
  }

  /** The entries with the tag, each of which loses its tags. */
  take(tag: string): number[] {
    const taken: number[] = [];
    for (let slot = this.tags.first(tag); slot !== NONE; slot = this.tags.first(tag)) {
      taken.push(slot);
      this.tags.remove(slot);
    }
    return taken;
  }
}

describe('TagLists', () => {
  it('finds the entries that have a tag', () => {
    const tagged = new Tagged();
    const one = tagged.add('sale', 'new');
    const two = tagged.add('sale');
    const three = tagged.add('new');
    expect(tagged.take('sale').toSorted((a, b) => a - b)).toEqual([one, two]);
    expect(tagged.take('sale')).toEqual([]);
    expect(tagged.take('new')).toEqual([three]);
    expect(tagged.take('unknown')).toEqual([]);
  });

  it('tells the tags of an entry, in the order in which they were given', () => {
    const tagged = new Tagged();
    const one = tagged.add('b', 'a', 'c');
    const none = tagged.add();
    expect(tagged.tags.of(one)).toEqual(['b', 'a', 'c']);
    expect(tagged.tags.of(none)).toEqual([]);
    tagged.tags.remove(one);
    expect(tagged.tags.of(one)).toEqual([]);
  });

  it('drops a tag that no entry has any more, and gives its number to another', () => {
    const tagged = new Tagged();
    const one = tagged.add('sale', 'new');
    const two = tagged.add('sale');
    tagged.tags.remove(one);
    expect(tagged.tags.size).toBe(1);
    tagged.tags.remove(two);
    expect(tagged.tags.size).toBe(0);
    const three = tagged.add('other');
    expect(tagged.tags.of(three)).toEqual(['other']);
    expect(tagged.take('other')).toEqual([three]);
  });

  it('keeps its lists whole when entries in the middle leave', () => {
    const tagged = new Tagged();
    const entries = Array.from({ length: 50 }, () => tagged.add('sale'));
    for (const [index, slot] of entries.entries()) if (index % 3 === 0) tagged.tags.remove(slot);
    const left = entries.filter((_, index) => index % 3 !== 0);
    expect(tagged.take('sale').toSorted((a, b) => a - b)).toEqual(left);
    expect(tagged.tags.size).toBe(0);
  });
});
