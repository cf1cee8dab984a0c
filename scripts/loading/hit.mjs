import { Cacheable } from 'nestjs-distributed-cache';
import { median, rounded } from '../../tools/statistics.mjs';
import { decorate, startApplication } from './application.mjs';

const KEYS = 1_000;

/**
 * What a hit costs with `refreshAhead` beside one without policies. Both are measured in turn, pair after pair, so that whatever slows the
 * machine slows both.
 *
 * @param {{ pairs: number, milliseconds: number, say: (line: string) => void }} options `milliseconds`: of each half of a pair
 * @returns {Promise<import('./report.mjs').HitReport>}
 */
export async function measureHits({ pairs, milliseconds, say }) {
  class Products {
    /** @param {string} id */
    async plain(id) {
      return { id };
    }
    /** @param {string} id */
    async ahead(id) {
      return { id };
    }
  }
  decorate(Products, 'plain', Cacheable({ region: 'plain', key: (id) => id }));
  decorate(Products, 'ahead', Cacheable({ region: 'ahead', key: (id) => id, refreshAhead: 0.9 }));
  const { app } = await startApplication({ redisConnectionString: '', ttl: '1h' }, [Products]);
  const products = app.get(Products);
  const ids = Array.from({ length: KEYS }, (_, index) => `${index}`);
  const plain = async () => {
    for (const id of ids) await products.plain(id);
  };
  const ahead = async () => {
    for (const id of ids) await products.ahead(id);
  };

  const figures = [];
  for (let pair = -2; pair < pairs; pair += 1) {
    // In turn the one and the other first: each runs on the processor caches that the one before it has left.
    const isPlainFirst = pair % 2 === 0;
    const first = await nanosecondsOf(isPlainFirst ? plain : ahead, milliseconds);
    const second = await nanosecondsOf(isPlainFirst ? ahead : plain, milliseconds);
    // The first two pairs load and warm up.
    if (pair >= 0) figures.push(isPlainFirst ? { none: first, ahead: second } : { none: second, ahead: first });
  }
  await app.close();
  const report = {
    pairs,
    none: rounded(median(figures.map(({ none }) => none))),
    refreshAhead: rounded(median(figures.map((figure) => figure.ahead))),
    ratio: rounded(median(figures.map((figure) => figure.ahead / figure.none))),
  };
  say(`a hit: ${report.none} ns without policies, ${report.refreshAhead} ns with refreshAhead: ${report.ratio} ×`);
  return report;
}

/** @param {() => Promise<void>} round reads all keys once @param {number} milliseconds */
async function nanosecondsOf(round, milliseconds) {
  const startedAt = performance.now();
  let rounds = 0;
  for (; performance.now() - startedAt < milliseconds; rounds += 1) await round();
  return ((performance.now() - startedAt) * 1e6) / (rounds * KEYS);
}
