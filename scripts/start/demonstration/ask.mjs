import { request } from 'node:http';

/** @typedef {{ status: number, headers: import('node:http').IncomingHttpHeaders, body: any }} Reply */

/**
 * Sends one request and reads the JSON of the answer.
 *
 * @param {string} url
 * @param {{ agent: import('node:http').Agent, timeout: number, method?: string, body?: unknown }} options `timeout` in ms, for the whole answer
 * @returns {Promise<Reply>} `body`: `undefined` when it is not JSON
 * @throws {Error} when there is no answer in time
 */
export function ask(url, { agent, timeout, method = 'GET', body }) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(timeout);
    const outgoing = request(url, { agent, method, headers, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(text) }),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
