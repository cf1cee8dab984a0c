import { describe, expect, it } from 'vitest';
import { Flights } from './flights.js';
import type { Flight } from './load.js';

function flightsOf(keys: readonly string[]): readonly Flight[] {
  return keys.map((key) => ({ key, joinable: undefined, latest: undefined, running: 0, fenced: 0 }));
}

function holding(all: readonly Flight[]): Flights {
  const flights = new Flights();
  for (const flight of all) flights.add(flight);
  return flights;
}

const MANY = Array.from({ length: 10 }, (_, index) => `${index}`);

describe('Flights', () => {
  it.each([
    ['none', []],
    ['one', ['a']],
    ['a few', ['a', 'b', 'c', 'd']],
    ['many', MANY],
  ])('finds each by its key, and goes over all, when there are %s', (_, keys) => {
    const all = flightsOf(keys);
    const flights = holding(all);
    expect(flights.size).toBe(keys.length);
    expect(keys.map((key) => flights.get(key))).toEqual(all);
    expect(flights.get('another')).toBeUndefined();
    expect(new Set(flights)).toEqual(new Set(all));
  });

  it.each([
    ['in the order in which they came', (all: readonly Flight[]) => all],
    ['from the last to the first', (all: readonly Flight[]) => all.toReversed()],
    ['from the middle', (all: readonly Flight[]) => [...all.slice(5), ...all.slice(0, 5)]],
  ])('takes out one after the other, %s', (_, order) => {
    const all = flightsOf(MANY);
    const flights = holding(all);
    const left = new Set(all);
    for (const flight of order(all)) {
      flights.remove(flight);
      left.delete(flight);
      expect(flights.size).toBe(left.size);
      expect(new Set(flights)).toEqual(left);
      for (const each of all) expect(flights.get(each.key)).toBe(left.has(each) ? each : undefined);
    }
  });

  it('takes in others after some have left', () => {
    const all = flightsOf(MANY);
    const flights = holding(all);
    for (const flight of all.slice(0, 7)) flights.remove(flight);
    const others = flightsOf(['a', 'b', 'c']);
    for (const flight of others) flights.add(flight);
    expect(new Set(flights)).toEqual(new Set([...all.slice(7), ...others]));
    expect(others.map(({ key }) => flights.get(key))).toEqual(others);
  });
});
