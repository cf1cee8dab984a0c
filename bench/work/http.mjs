import { startPeer } from '../application/peer-process.mjs';
import { compared } from '../measure/compared.mjs';
import { requestRate } from '../measure/request-rate.mjs';

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
      const rate = await requestRate({ url: `${url}/products/1` }, effort.requestsInARow);
      if (round > 0) rates[caching].push(rate);
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
