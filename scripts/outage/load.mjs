import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** How often the readers of an instance send what is due, in ms. */
const TURN = 10;

/** @typedef {{ at: number, took: number, status: number, cache: string | undefined, body: string }} Answer */

const agent = new Agent({ keepAlive: true });

/**
 * @param {string} url
 * @param {{ method?: string, body?: object }} [options]
 * @returns {Promise<Answer>} with the status 0 and the reason as the body when there was no answer; `at` and `took` in ms
 */
export async function ask(url, options = {}) {
  const at = performance.now();
  for (;;) {
    const { isStale, ...answer } = await send(url, options);
    // The server has closed an idle connection at the moment at which it was used again: that says nothing about the server.
    if (!isStale) return { at, took: performance.now() - at, ...answer };
  }
}

/**
 * @param {string} url
 * @param {{ method?: string, body?: object }} options
 * @returns {Promise<Pick<Answer, 'status' | 'cache' | 'body'> & { isStale?: boolean }>}
 */
function send(url, { method = 'GET', body }) {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve) => {
    const sent = request(url, { agent, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (/** @type {string} */ chunk) => (text += chunk));
      response.on('end', () => {
        const cache = response.headers['x-cache'];
        resolve({ status: response.statusCode ?? 0, cache: cache?.toString(), body: text });
      });
    });
    sent.on('error', (/** @type {NodeJS.ErrnoException} */ { code = 'unknown' }) => {
      const isStale = sent.reusedSocket && code === 'ECONNRESET';
      resolve({ status: 0, cache: undefined, body: code, isStale });
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/**
 * Reads products of an instance at an even rate, whether the answers come or not.
 *
 * @param {{ origin: string, keys: number, rate: number, isOver: () => boolean }} options
 * @returns {Promise<Answer[]>}
 */
export async function readOn({ origin, keys, rate, isOver }) {
  /** @type {Promise<Answer>[]} */
  const answers = [];
  const startedAt = performance.now();
  while (!isOver()) {
    const due = ((performance.now() - startedAt) / 1_000) * rate;
    while (answers.length < due) answers.push(ask(`${origin}/products/${1 + (answers.length % keys)}`));
    await pause(TURN);
  }
  return Promise.all(answers);
}
