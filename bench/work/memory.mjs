import { startPeer } from '../application/peer-process.mjs';
import { spread, median } from '../measure/statistics.mjs';

/** Bytes per small entry, key and value included, each cache in a process of its own. @param {import('../run.mjs').Work} work */
export async function memory({ redis, effort }) {
  const bytesOf = async (/** @type {string} */ what) => {
    const peer = await startPeer('memory', { connectionString: redis.connectionString, entries: effort.smallEntries });
    const { bytes } = await peer.ask(what);
    await peer.stop();
    return bytes / effort.smallEntries;
  };
  /** @type {Record<string, number[]>} */
  const bytes = { lru: [], untagged: [], tagged: [], awaited: [] };
  for (let round = 0; round < effort.fewRounds; round += 1) {
    for (const [what, figures] of Object.entries(bytes)) figures.push(await bytesOf(what));
  }
  const against = (/** @type {number[]} */ ours) => ({
    ours: median(ours),
    theirs: median(bytes.lru),
    ratio: spread(ours.map((figure, round) => figure / bytes.lru[round])),
  });
  return {
    rows: {
      'memory/untagged': against(bytes.untagged),
      'memory/tagged': against(bytes.tagged),
      'memory/awaited': against(bytes.awaited),
    },
  };
}
