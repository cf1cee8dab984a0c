import { describe, expect, it } from 'vitest';
import { newBridgeCounts } from '../../coherence/bridge-stats.js';
import { newRegionStats } from '../stats.js';
import type { CacheFigures, RegionFigures } from './cache-figures.js';
import { RegionLabels } from './region-labels.js';

function region(counts: Partial<RegionFigures>): RegionFigures {
  return { ...newRegionStats(), size: 0, ...counts };
}

function figures(regions: Record<string, Partial<RegionFigures>>, others: Partial<RegionFigures> = {}): CacheFigures {
  return {
    namespace: 'n',
    regions: new Map(Object.entries(regions).map(([name, counts]) => [name, region(counts)])),
    others: region(others),
    bridge: { ...newBridgeCounts(), propagation: { p50: null, p99: null, max: null } },
    flushes: new Map(),
    state: 'coherent',
    outbox: 0,
    outboxAge: 0,
    members: undefined,
    leaseAge: 0,
  };
}

describe('the labels of regions', () => {
  it('are their names, for a hundred of them; all others share one', () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`r${index}`, { hits: 1, entries: 2 }]));
    const byLabel = new RegionLabels().of(figures(many, { hits: 7 }));
    expect(byLabel.size).toBe(101);
    expect(byLabel.get('r99')?.hits).toBe(1);
    expect(byLabel.get('other')).toMatchObject({ hits: 57, entries: 100 });
  });

  it('do not have the one of the others while there are none', () => {
    expect([...new RegionLabels().of(figures({ a: { hits: 1 } })).keys()]).toEqual(['a']);
  });

  it('stay with a region', () => {
    const labels = new RegionLabels();
    const first = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`r${index}`, { hits: 1 }]));
    labels.of(figures(first));
    const byLabel = labels.of(figures({ late: { hits: 3 }, ...first }));
    expect(byLabel.get('r99')?.hits).toBe(1);
    expect(byLabel.get('late')).toBeUndefined();
    expect(byLabel.get('other')?.hits).toBe(3);
  });

  it('never count less, and count nothing twice, when a region was left out and begins again with zeros', () => {
    const labels = new RegionLabels();
    labels.of(figures({ a: { hits: 5, entries: 3 } }));
    const leftOut = labels.of(figures({}, { hits: 5 }));
    expect(leftOut.get('a')).toMatchObject({ hits: 5, entries: 0 });
    expect(leftOut.get('other')?.hits ?? 0).toBe(0);
    const again = labels.of(figures({ a: { hits: 2, entries: 1 } }, { hits: 5 }));
    expect(again.get('a')).toMatchObject({ hits: 7, entries: 1 });
    expect(again.get('other')?.hits ?? 0).toBe(0);
  });

  it('never count less when a region begins again that is used by other calls than before', () => {
    const labels = new RegionLabels();
    labels.of(figures({ a: { misses: 1, invalidated: 10 } }));
    const again = labels.of(figures({ a: { misses: 5, invalidated: 1 } }, { misses: 1, invalidated: 10 }));
    expect(again.get('a')).toMatchObject({ misses: 6, invalidated: 11 });
    expect(again.get('other')?.invalidated ?? 0).toBe(0);
  });

  it('have the one of the others also when those are only written to', () => {
    const labels = new RegionLabels();
    labels.of(figures(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`r${index}`, { hits: 1 }]))));
    const byLabel = labels.of(figures({ late: { entries: 7, replaced: 3 } }, { hits: 100 }));
    expect(byLabel.get('other')).toMatchObject({ entries: 7, replaced: 3, hits: 0 });
  });

  it('count a region whose name is that of the others among them', () => {
    const byLabel = new RegionLabels().of(figures({ other: { hits: 2 }, a: { hits: 1 } }, { hits: 3 }));
    expect(byLabel.get('other')?.hits).toBe(5);
  });
});
