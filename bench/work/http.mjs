import autocannon from 'autocannon';
import { startPeer } from '../application/peer-process.mjs';
import { compared } from '../measure/compared.mjs';

const CONNECTIONS = 20;

/**
 * `GET /products/1` of the sample, over and over.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function http({ redis, effort }) {
  /** Requests a second in each round. @type {Record<'ours' | 'none' | 'interceptor', number[]>} */
  const rates = { ours: [], none: [], interceptor: [] };
  const servers = [];
  for (const caching of /** @type {const} */ (['ours', 'none', 'interceptor'])) {
    const peer = await startPeer('http', { connectionString: redis.connectionString, caching });
    const { url } = await peer.ask('url');
    servers.push({ caching, peer, url });
  }
  for (let round = 0; round <= effort.httpRounds; round += 1) {
    for (const { caching, url } of servers) {
      const result = await autocannon({
        url: `${url}/products/1`,
        connections: CONNECTIONS,
        duration: round === 0 ? 1 : effort.httpSeconds,
      });
      if (result.non2xx > 0 || result.errors > 0) throw new Error(`${caching} answered with errors.`);
      if (round > 0) rates[caching].push(result.requests.average);
    }
  }
  for (const { peer } of servers) await peer.stop();
  return {
    rows: {
      'http/none': compared(rates.ours, rates.none),
      'http/interceptor': compared(rates.ours, rates.interceptor),
    },
  };
}
