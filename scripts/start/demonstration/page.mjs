import { readFileSync } from 'node:fs';

const TYPES = { html: 'text/html', css: 'text/css', mjs: 'text/javascript', svg: 'image/svg+xml' };

/** Everything that the page is made of; nothing else of the folder is served. */
const FILES = ['page.css', 'page.mjs', 'cards.mjs', 'controls.mjs', 'elements.mjs', 'icon.svg'];

/** Nothing is loaded from elsewhere, no script stands in the page, and no other site may frame it. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/**
 * Answers with the page. Its script fills it; what stands in it leads a reader without scripts to the instances.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {readonly number[]} instancePorts of the instances that run. While there is none, the answer is 503: a script that waits for the sample can ask for this page
 */
export function showPage(request, response, instancePorts) {
  const hostname = hostnameFor(request);
  const links = instancePorts.map(
    (port) =>
      `<li data-port="${port}">Instance on port ${port}: <a href="http://${hostname}:${port}/cache/status">state</a>, <a href="http://${hostname}:${port}/metrics">metrics</a></li>`,
  );
  const html = read('index.html').replace('<!-- instances -->', links.join('\n'));
  const status =
    instancePorts.length === 0 ? { code: 503, headers: { 'retry-after': '2' } } : { code: 200, headers: {} };
  response.writeHead(status.code, { ...HEADERS, ...status.headers, 'content-type': 'text/html; charset=utf-8' });
  response.end(request.method === 'HEAD' ? undefined : html);
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {string} name
 * @returns {boolean} whether there is such a file
 */
export function sendFile(response, name) {
  if (!FILES.includes(name)) return false;
  const type = Object.entries(TYPES).find(([ending]) => name.endsWith(`.${ending}`))?.[1];
  response.writeHead(200, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(read(name));
  return true;
}

/** @param {string} name */
function read(name) {
  return readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {string} the name of this machine, as whoever asks has written it
 */
function hostnameFor({ headers }) {
  const url = `http://${headers.host}`;
  const hostname = URL.canParse(url) ? new URL(url).hostname : '';
  // It becomes a part of the page.
  return /^[\w.:[\]-]+$/.test(hostname) ? hostname : 'localhost';
}
