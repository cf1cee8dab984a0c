import { isIP } from 'node:net';

/** The header that every control request carries. A page of another site cannot add it without asking first, and is refused then. */
export const CONTROL_HEADER = 'x-demonstration';

/**
 * Who may press the buttons: a person at this machine, on this page, and nobody else.
 *
 * The controls stop processes and cut connections, so they must not be pressed by another machine, nor by another site that is open in the
 * same browser. Three checks, because each covers what the others do not:
 *
 * - The connection comes from the loopback interface. So no other machine can press them, even with `HOST=0.0.0.0`.
 * - The `Host` is a loopback address or `localhost`. A site whose name is made to lead to 127.0.0.1 (DNS rebinding) has its own name there.
 * - A change is a POST with a header of ours and a JSON body, and its `Origin`, if there is one, is this front door. A browser sends neither
 *   for another site unless a preflight request was answered with a permission, and this server answers none.
 *
 * @param {import('node:http').IncomingMessage} request
 * @returns {string | undefined} why not, for people; `undefined`: they may
 */
export function whyNotAllowed({ socket, headers }) {
  if (!isLoopback(socket.remoteAddress ?? ''))
    return 'The controls work only in a browser on the machine that runs npm start.';
  const host = hostnameOf(`http://${headers.host}`);
  if (host !== 'localhost' && !isLoopback(host))
    return 'The controls work only at http://localhost, or at a loopback address.';
  return undefined;
}

/**
 * As {@link whyNotAllowed}, for a request that changes something.
 *
 * @param {import('node:http').IncomingMessage} request
 * @returns {string | undefined}
 */
export function whyRefused(request) {
  const { headers } = request;
  const reason = whyNotAllowed(request);
  if (reason !== undefined) return reason;
  if (headers[CONTROL_HEADER] === undefined) return `A control needs the header ${CONTROL_HEADER}: 1.`;
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`)
    return 'The controls can be pressed only on the page of this front door.';
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return 'A control needs a JSON body.';
  return undefined;
}

/** @param {string} address */
function isLoopback(address) {
  const plain = address.replace(/^::ffff:/, '').replace(/^\[(.*)\]$/, '$1');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** @param {string} url */
function hostnameOf(url) {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
