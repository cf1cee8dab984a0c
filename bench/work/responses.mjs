import { startPeer } from '../application/peer-process.mjs';
import { compared } from '../measure/compared.mjs';
import { requestRate } from '../measure/request-rate.mjs';

const LIST = '/products';

/**
 * `GET /products` of the sample, which has `@HttpCache`, over and over: whole responses, and 304.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function responses({ redis, effort }) {
  /** @type {Record<string, import('../run.mjs').Row>} */
  const rows = {};
  for (const adapter of /** @type {const} */ (['express', 'fastify'])) {
    const { connectionString } = redis;
    const ours = await startPeer('http', { connectionString, caching: 'ours', adapter });
    const interceptor = await startPeer('http', { connectionString, caching: 'interceptor', adapter });
    const { url } = await ours.ask('url');
    const etag = (await fetch(`${url}${LIST}`)).headers.get('etag') ?? '';
    const list = `${url}${LIST}`;
    const contenders = {
      hit: { url: list },
      notModified: { url: list, headers: { 'if-none-match': etag } },
      constant: { url: `${url}/bare/constant` },
      // Without `@HttpCache`, whose answers that interceptor would not keep.
      interceptor: { url: `${(await interceptor.ask('url')).url}/bare/list` },
    };
    const rates = await ratesOf(contenders, effort);
    rows[`responses/interceptor/${adapter}`] = compared(rates.hit, rates.interceptor);
    rows[`responses/constant/${adapter}`] = compared(rates.hit, rates.constant);
    rows[`responses/not-modified/${adapter}`] = compared(rates.notModified, rates.constant);
    await ours.stop();
    await interceptor.stop();
  }
  return { rows };
}

/**
 * Requests a second in each round.
 *
 * @param {Record<'hit' | 'notModified' | 'constant' | 'interceptor', { url: string, headers?: Record<string, string> }>} contenders
 * @param {import('../effort.mjs').Effort} effort
 */
async function ratesOf(contenders, effort) {
  /** @type {Record<'hit' | 'notModified' | 'constant' | 'interceptor', number[]>} */
  const rates = { hit: [], notModified: [], constant: [], interceptor: [] };
  for (let round = 0; round <= effort.httpRounds; round += 1) {
    for (const name of /** @type {const} */ (['hit', 'notModified', 'constant', 'interceptor'])) {
      const rate = await requestRate(contenders[name], effort.requestsInARow);
      if (round > 0) rates[name].push(rate);
    }
  }
  return rates;
}
