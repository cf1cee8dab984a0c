import { startPeer } from '../application/peer-process.mjs';
import { compared } from '../measure/compared.mjs';

const CACHES = /** @type {const} */ (['lru', 'untagged', 'tagged', 'awaited']);

/**
 * Bytes per small entry, key and value included. Each cache is filled in a process of its own.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function memory({ redis, effort }) {
  /** @param {typeof CACHES[number]} cache */
  const bytesOf = async (cache) => {
    const peer = await startPeer('memory', { connectionString: redis.connectionString, entries: effort.smallEntries });
    const { bytes } = await peer.ask(cache);
    await peer.stop();
    return bytes / effort.smallEntries;
  };
  /** @type {Record<typeof CACHES[number], number[]>} */
  const bytes = { lru: [], untagged: [], tagged: [], awaited: [] };
  for (let round = 0; round < effort.fewRounds; round += 1) {
    for (const cache of CACHES) bytes[cache].push(await bytesOf(cache));
  }
  return {
    rows: {
      'memory/untagged': compared(bytes.untagged, bytes.lru),
      'memory/tagged': compared(bytes.tagged, bytes.lru),
      'memory/awaited': compared(bytes.awaited, bytes.lru),
    },
  };
}
