import { describe, expect, it } from 'vitest';
import { instances, type InstancesInMemory } from '../../../../test/support/instances/instances.js';
import type { Region } from './region.js';

interface Filled {
  readonly a: InstancesInMemory['a'];
  readonly region: Region<string>;
}

/** An instance that holds '1' and '2'. */
async function filled(options = {}): Promise<Filled> {
  const { a } = instances(1).with(options).local();
  const region = a.region<string>('r');
  await region.getOrLoad('1', () => 'one');
  await region.getOrLoad('2', () => 'two');
  return { a, region };
}

const reads: readonly [string, (region: Region<string>) => Promise<unknown>][] = [
  ['getOrLoad', (region) => region.getOrLoad('1', () => 'loaded again')],
  ['getSync', async (region) => region.getSync('1')],
  ['getOrLoadMany', async (region) => (await region.getOrLoadMany(['1'], () => new Map())).get('1')],
];

describe('A hit gives the value of its key', () => {
  it.each(reads)('by %s, also when a listener of the event looks at another key', async (_, read) => {
    const { a, region } = await filled();
    a.on('hit', ({ key }) => {
      if (key === '1') region.getSync('2');
    });
    expect(await read(region)).toBe('one');
  });

  it.each(reads)('by %s, also when a listener of the event evicts it', async (_, read) => {
    const { a, region } = await filled();
    a.on('hit', ({ key }) => void region.evict(key));
    expect(await read(region)).toBe('one');
  });

  it.each(reads)(
    'by %s, also when it is due to be loaded again by a loader that looks at another key',
    async (_, read) => {
      const { a, clock } = instances(1).with({ ttl: '10s', refreshAhead: 0.5 }).local();
      const region = a.region<string>('r');
      let calls = 0;
      await region.getOrLoad('2', () => 'two');
      await region.getOrLoad('1', () => {
        calls += 1;
        region.getSync('2');
        return `one ${calls}`;
      });
      await clock.advance('6s');
      expect(await read(region)).toBe('one 1');
      await clock.advance(0);
      expect(calls).toBe(2);
    },
  );

  it.each(reads)('by %s, also in a region where every hit is audited', async (_, read) => {
    const { region } = await filled({ audit: { sample: 1 } });
    expect(await read(region)).toBe('one');
    expect(region.getSync('2')).toBe('two');
  });
});
