import { STATUS_CODES } from 'node:http';
import { CONTROLS, fieldsIn } from './controls.mjs';
import { ControlError } from './demonstration.mjs';
import { whyNotAllowed, whyRefused } from './guard.mjs';
import { sendFile, showPage } from './page.mjs';
import { Viewers } from './viewers.mjs';

const PREFIX = '/demonstration/';

/**
 * The requests that the front door answers by itself: its page at `/`, and what the page needs below `/demonstration/`.
 *
 * @param {import('./demonstration.mjs').Demonstration} demonstration
 * @param {() => number[]} runningPorts the ports of the instances that can take a request now
 */
export function demonstrationRoutes(demonstration, runningPorts) {
  const viewers = new Viewers(() => demonstration.snapshot());

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {string} name what follows the prefix
   */
  const read = async (request, response, name) => {
    const refusal = whyNotAllowed(request) ?? null;
    if (name === 'events' && request.method === 'GET') viewers.add({ response, refusal });
    else if (name === 'state') send(response, 200, { ...(await demonstration.snapshot()), refusal });
    else if (!sendFile(response, name)) refuse(response, 404, 'There is no such page.');
  };

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {string} name
   */
  const press = async (request, response, name) => {
    const reason = whyRefused(request);
    if (reason !== undefined) return refuse(response, 403, reason);
    const control = Object.hasOwn(CONTROLS, name) ? CONTROLS[name] : undefined;
    if (control === undefined) return refuse(response, 404, 'There is no such control.');
    try {
      await control(demonstration, await fieldsIn(request));
      send(response, 200, {});
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      refuse(response, error.status, error.message);
    } finally {
      viewers.refresh();
    }
  };

  return {
    /**
     * @param {import('node:http').IncomingMessage} request
     * @param {import('node:http').ServerResponse} response
     * @returns {boolean} whether the request was one of these
     */
    answer: (request, response) => {
      const { method = '', url = '' } = request;
      const isRead = method === 'GET' || method === 'HEAD';
      const path = url.replace(/\?.*$/s, '');
      if (isRead && path === '/') {
        showPage(request, response, runningPorts());
        return true;
      }
      if (!path.startsWith(PREFIX)) return false;
      const name = path.slice(PREFIX.length);
      const answered = isRead
        ? read(request, response, name)
        : method === 'POST'
          ? press(request, response, name)
          : refuse(response, 405, 'This is read by GET and pressed by POST.');
      Promise.resolve(answered).catch((error) => refuse(response, 500, String(error)));
      return true;
    },
    close: () => viewers.close(),
  };
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} statusCode
 * @param {string} message
 */
function refuse(response, statusCode, message) {
  if (response.headersSent) return void response.destroy();
  send(response, statusCode, { statusCode, error: STATUS_CODES[statusCode], message });
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} statusCode
 * @param {object} body
 */
function send(response, statusCode, body) {
  response.writeHead(statusCode, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
