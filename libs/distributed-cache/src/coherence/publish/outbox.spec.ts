import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeInvalidation } from '../../protocol/invalidation-message.js';
import { covers, invalidationOf, type Invalidation, type InvalidationTarget } from '../../protocol/invalidation.js';
import { Outbox } from './outbox.js';

const key = (name: string, region = 'products'): InvalidationTarget => ({ kind: 'key', region, key: name });
const region = (name: string): InvalidationTarget => ({ kind: 'region', region: name });
const tag = (name: string): InvalidationTarget => ({ kind: 'tag', tag: name });
const EVERYTHING: InvalidationTarget = { kind: 'everything' };
const LONGEST_INSTANCE_ID = `${'h'.repeat(253)}:4194304:0123abcd`;

function outboxOf(names: Iterable<InvalidationTarget>, limit = 10_000): Outbox {
  const outbox = new Outbox(limit);
  for (const name of names) outbox.add(name);
  return outbox;
}

function emptied(outbox: Outbox): InvalidationTarget[][] {
  const messages: InvalidationTarget[][] = [];
  while (outbox.size > 0) messages.push([...outbox.take()]);
  return messages;
}

describe('Outbox', () => {
  it('gives the oldest target first, each once', () => {
    const outbox = outboxOf([key('1'), tag('sale'), key('2'), key('1'), key('1', 'prices')]);
    expect(emptied(outbox)).toEqual([[key('1'), tag('sale'), key('2'), key('1', 'prices')]]);
  });

  it('tells targets apart that are written alike', () => {
    const names = [key('bc', 'a'), key('c', 'ab'), region('1:ab'), tag('1:ab'), region('e'), tag('e')];
    expect(emptied(outboxOf(names))).toEqual([names]);
  });

  it('keeps no key of a region that it holds, whichever came first, and keeps every other key', () => {
    const outbox = outboxOf([key('1'), key('1', 'prices'), region('products'), key('2')]);
    expect(emptied(outbox)).toEqual([[key('1', 'prices'), region('products')]]);
  });

  it('keeps nothing beside everything', () => {
    expect(emptied(outboxOf([key('1'), tag('sale'), EVERYTHING, region('products'), key('2')]))).toEqual([
      [EVERYTHING],
    ]);
  });

  it('puts at most 100 targets in a message', () => {
    const names = Array.from({ length: 250 }, (_, index) => key(String(index)));
    const messages = emptied(outboxOf(names));
    expect(messages.map((message) => message.length)).toEqual([100, 100, 50]);
    expect(messages.flat()).toEqual(names);
  });

  it('puts at most 8 KiB in a message, as it is sent, whatever the targets are made of', () => {
    const text = fc.oneof(
      fc.string({ minLength: 60, maxLength: 170, unit: 'binary' }),
      fc.integer({ min: 1, max: 170 }).map((length) => '\u0000'.repeat(length)),
      fc.integer({ min: 1, max: 170 }).map((length) => '価'.repeat(length)),
    );
    const names = fc.uniqueArray(fc.tuple(text, text), { minLength: 50, maxLength: 150 });
    fc.assert(
      fc.property(names, (pairs) => {
        for (const message of emptied(outboxOf(pairs.map(([where, name]) => key(name, where))))) {
          expect(Buffer.byteLength(encodeInvalidation(LONGEST_INSTANCE_ID, message))).toBeLessThanOrEqual(8 * 1024);
        }
      }),
      { numRuns: 50 },
    );
    // A busy machine takes several seconds to make so much text.
  }, 30_000);

  it('sends a target that is larger than a message alone, rather than never', () => {
    const long = key('x'.repeat(10_000));
    expect(emptied(outboxOf([key('1'), long, key('2')]))).toEqual([[key('1')], [long], [key('2')]]);
  });

  it('widens keys to their regions above the limit', () => {
    const outbox = outboxOf([key('1'), key('1', 'prices'), tag('sale'), key('2')], 3);
    expect(emptied(outbox)).toEqual([[region('products'), region('prices'), tag('sale')]]);
  });

  it('widens regions and tags to everything above the limit', () => {
    const outbox = outboxOf([region('a'), tag('b'), region('c'), tag('d')], 3);
    expect(emptied(outbox)).toEqual([[EVERYTHING]]);
  });

  it('compares only the newest targets while its bound is lifted, and loses none', () => {
    const names = Array.from({ length: 5_000 }, (_, index) => key(String(index)));
    const outbox = new Outbox(10_000);
    outbox.lift();
    for (const name of [...names, ...names]) outbox.add(name);
    for (const name of names.slice(-100)) outbox.add(name);
    expect(outbox.size).toBe(10_000);
    expect(emptied(outbox).flat()).toEqual([...names, ...names]);
  });

  it('holds each target once again when its bound is back, and widens what is above it', () => {
    const names = Array.from({ length: 5_000 }, (_, index) => key(String(index)));
    const outbox = new Outbox(5_000);
    outbox.lift();
    for (const name of [...names, ...names]) outbox.add(name);
    outbox.bound();
    expect(outbox.targets()).toEqual(names);
    outbox.lift();
    outbox.add(key('one more'));
    outbox.bound();
    expect(outbox.targets()).toEqual([region('products')]);
  });

  it('replaces the keys of a region also when its bound is lifted, as far as they are compared', () => {
    const outbox = outboxOf([key('1', 'prices')]);
    outbox.lift();
    for (const name of [key('1'), region('products'), key('2')]) outbox.add(name);
    expect(emptied(outbox)).toEqual([[key('1', 'prices'), region('products')]]);
  });

  it('puts targets that were not accepted back in front', () => {
    const outbox = outboxOf([key('1'), key('2')]);
    const taken = outbox.take();
    outbox.add(key('3'));
    outbox.putBack(taken);
    expect(emptied(outbox)).toEqual([[key('1'), key('2'), key('3')]]);
  });

  it('drops targets that are put back when a wider one covers them', () => {
    const outbox = outboxOf([key('1'), tag('sale')]);
    const taken = outbox.take();
    outbox.add(region('products'));
    outbox.putBack(taken);
    expect(emptied(outbox)).toEqual([[tag('sale'), region('products')]]);
  });

  it('looks at each key a few times, however many regions are added and put back', () => {
    let looks = 0;
    const watched = (name: string): InvalidationTarget => ({
      kind: 'key',
      get region() {
        looks += 1;
        return 'products';
      },
      key: name,
    });
    const outbox = new Outbox(1_000);
    for (let index = 0; index < 100; index += 1) outbox.add(watched(String(index)));
    for (let index = 0; index < 500; index += 1) outbox.add(region(`region-${index}`));
    outbox.putBack(outbox.take());
    expect(looks).toBeLessThan(100 * 20);
  });

  it('loses no target and never exceeds its limit, whatever is added, taken and put back', () => {
    const letter = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const name = fc.oneof(
      fc.tuple(letter, letter).map(([where, what]) => key(what, where)),
      letter.map(region),
      letter.map(tag),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.constant('put back'))), fc.integer({ min: 1, max: 8 }), (steps, limit) => {
        const outbox = new Outbox(limit);
        const asked: InvalidationTarget[] = [];
        for (const step of steps) {
          if (typeof step === 'string') outbox.putBack(outbox.take());
          else {
            outbox.add(step);
            asked.push(step);
          }
          expect(outbox.size).toBeLessThanOrEqual(limit);
        }
        const sent = invalidationOf(emptied(outbox).flat());
        expect(asked.filter((one) => !says(sent, one))).toEqual([]);
      }),
    );
  });
});

function says(invalidation: Invalidation, name: InvalidationTarget): boolean {
  switch (name.kind) {
    case 'everything':
      return invalidation.everything;
    case 'region':
      return invalidation.everything || invalidation.regions.has(name.region);
    case 'tag':
      return invalidation.everything || invalidation.tags.has(name.tag);
    case 'key':
      return covers(invalidation, name.region, name.key, []);
  }
}
