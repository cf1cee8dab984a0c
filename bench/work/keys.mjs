import { defaultKey } from 'nestjs-distributed-cache';
import { interleaved } from '../measure/interleaved.mjs';

const TIMES = 1_000;

/**
 * The default key, which a decorated method without the option `key` is cached under.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function keys({ effort }) {
  // A new object for each call, as callers pass it.
  const filter = (/** @type {number} */ page) => ({
    tenant: 'acme',
    category: 'keyboards',
    page,
    size: 50,
    descending: false,
    after: null,
  });
  const locale = (/** @type {number} */ page) => ({ locale: 'de', draft: false, page });
  const every = (/** @type {(page: number) => string} */ key) => ({
    times: TIMES,
    run() {
      let length = 0;
      for (let page = 0; page < TIMES; page += 1) length += key(page).length;
      if (length === 0) throw new Error('a key is never empty');
    },
  });
  const measured = await interleaved(
    {
      object: every((page) => defaultKey(filter(page))),
      objectJson: every((page) => JSON.stringify(filter(page))),
      three: every((page) => defaultKey('acme', page, locale(page))),
      threeJson: every((page) => JSON.stringify(['acme', page, locale(page)])),
    },
    effort,
  );
  return {
    rows: {
      'key/object': measured.row('object', 'objectJson'),
      'key/three': measured.row('three', 'threeJson'),
    },
  };
}
