import { describe, expect, it, vi } from 'vitest';
import { key } from '../../../../../test/support/bridges/publishing.js';
import { RepublishBuffer } from './republish-buffer.js';

const MINUTE = 60_000;

describe('RepublishBuffer', () => {
  it('gives every target that was published since a minute before the last sync, oldest first, once', () => {
    const announced = new RepublishBuffer(100);
    announced.synced(0);
    announced.add([key('1')]);
    announced.synced(MINUTE);
    announced.add([key('2'), key('3')]);
    announced.synced(MINUTE + 1);
    expect(announced.drain()).toEqual([key('1'), key('2'), key('3')]);
    expect(announced.drain()).toEqual([]);
  });

  it('drops targets that were published more than two minutes before the last sync', () => {
    const announced = new RepublishBuffer(100);
    announced.synced(0);
    announced.add([key('1')]);
    announced.synced(MINUTE);
    announced.synced(2 * MINUTE);
    expect(announced.drain()).toEqual([]);
  });

  it('keeps its targets while no sync completes: an outage may be long', () => {
    const announced = new RepublishBuffer(100);
    announced.synced(0);
    announced.add([key('1')]);
    announced.synced(59_999);
    expect(announced.drain()).toEqual([key('1')]);
  });

  it('widens keys to their regions beyond its limit', () => {
    const announced = new RepublishBuffer(3);
    announced.add([key('1'), key('2'), { kind: 'tag', tag: 't' }]);
    announced.add([key('1', 'prices')]);
    expect(announced.drain()).toEqual([
      { kind: 'region', region: 'products' },
      { kind: 'region', region: 'prices' },
      { kind: 'tag', tag: 't' },
    ]);
  });

  it('widens regions and tags to everything beyond its limit, which stays so', () => {
    const announced = new RepublishBuffer(2);
    for (const tag of ['1', '2', '3']) announced.add([{ kind: 'tag', tag }]);
    expect(announced.drain()).toEqual([{ kind: 'everything' }]);
    announced.add([{ kind: 'everything' }]);
    announced.add([key('1')]);
    announced.add([key('2')]);
    expect(announced.drain()).toEqual([{ kind: 'everything' }]);
  });

  it('looks only at what is new once it is widened, however many tags it holds', () => {
    const limit = 1_000;
    const published = new RepublishBuffer(limit);
    const evictTags = (count: number): void => {
      for (let tag = 0; tag < count; tag += 1) published.add([{ kind: 'tag', tag: String(tag) }]);
    };
    evictTags(limit);
    evictTags(1);
    const added = vi.spyOn(Set.prototype, 'add');
    evictTags(100);
    const times = added.mock.calls.length;
    added.mockRestore();

    expect(times).toBe(100);
    expect(published.drain()).toHaveLength(limit);
  });
});
