import { describe, expect, it } from 'vitest';
import { Fingerprint } from './fingerprint.js';

const fingerprint = new Fingerprint();
const named = (): string => `${fingerprint.one}:${fingerprint.other}`;

function ofKey(region: string, key: string): string {
  fingerprint.ofKey(region, key);
  return named();
}

function ofRegion(region: string): string {
  fingerprint.ofRegion(region);
  return named();
}

function ofTag(tag: string): string {
  fingerprint.ofTag(tag);
  return named();
}

describe('Fingerprint', () => {
  it('is the same for the same target, whatever it has named in between', () => {
    const first = [ofRegion('products'), ofKey('products', '1'), ofTag('sale')];
    ofKey('prices', '1');
    expect([ofRegion('products'), ofKey('products', '1'), ofTag('sale')]).toEqual(first);
  });

  it('tells a region, its keys and a tag of the same name apart', () => {
    const all = [ofRegion('ab'), ofTag('ab'), ofKey('ab', ''), ofKey('a', 'b'), ofKey('', 'ab'), ofKey('ab', 'c')];
    expect(new Set([...all, ofKey('a', 'bc'), ofRegion('abc'), ofTag('abc')]).size).toBe(9);
  });

  it('tells very many keys apart that differ little', () => {
    const all = new Set<string>();
    for (let id = 0; id < 20_000; id += 1) {
      all.add(ofKey('products', String(id)));
      all.add(ofKey('products', `${id}:${'x'.repeat(40)}`));
      all.add(ofKey(`tenant-${id}`, '1'));
      all.add(ofTag(`category:${id}`));
      all.add(ofKey('products', `é${String.fromCharCode(id)}`));
    }
    expect(all.size).toBe(100_000);
  });

  it('spreads keys that differ little over all slots of a table', () => {
    const slots = new Set<number>();
    for (let id = 0; id < 4_096; id += 1) {
      fingerprint.ofKey('products', `product:${id * 8}`);
      slots.add(fingerprint.one & 4_095);
    }
    // As many as numbers drawn at random would hit.
    expect(slots.size).toBeGreaterThan(4_096 * 0.6);
  });
});
