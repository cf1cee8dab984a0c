import { Child } from '../../tools/child-process.mjs';
import { median } from '../../tools/statistics.mjs';

/** @typedef {Child<import('./memory-child.mjs').Commands>} MemoryChild */

/** @type {readonly { name: string, policies: import('nestjs-distributed-cache').LoadPolicies }[]} */
const CASES = [
  { name: 'no policy', policies: {} },
  { name: '`staleWhileRevalidate`', policies: { staleWhileRevalidate: '1h' } },
  { name: '`refreshAhead`', policies: { refreshAhead: 0.8 } },
  { name: '`refreshOnInvalidate`', policies: { refreshOnInvalidate: true } },
];

/**
 * What an entry takes under each policy that may need more. Each cache is filled in a process of its own.
 *
 * @param {{ entries: number, rounds: number, say: (line: string) => void }} options
 * @returns {Promise<import('./report.mjs').MemoryReport>}
 */
export async function measureMemory({ entries, rounds, say }) {
  const rows = [];
  for (const { name, policies } of CASES) {
    const seen = [];
    for (let round = 0; round < rounds; round += 1) seen.push(await bytesPerEntry({ policies, entries }));
    const row = {
      name,
      decorated: Math.round(median(seen.map(({ decorated }) => decorated))),
      closure: Math.round(median(seen.map(({ closure }) => closure))),
    };
    rows.push(row);
    say(`bytes per entry, ${name.replaceAll('`', '')}: ${row.decorated} decorated, ${row.closure} by getOrLoad`);
  }
  return { entries, rows };
}

/** @param {Omit<Parameters<import('./memory-child.mjs').Commands['bytesPerEntry']>[0], 'way'>} given */
async function bytesPerEntry(given) {
  /** @type {MemoryChild} */
  const child = new Child(new URL('./memory-child.mjs', import.meta.url), { execArgv: ['--expose-gc'] });
  try {
    await child.ready;
    return {
      decorated: await child.ask('bytesPerEntry', { ...given, way: 'decorated' }),
      closure: await child.ask('bytesPerEntry', { ...given, way: 'closure' }),
    };
  } finally {
    await child.stop();
  }
}
