/** Where each instance shows the dashboard: a page, its files and its stream of events. They belong together, so one instance answers all. */
const DASHBOARD = /^\/cache(?=[/?]|$)/;
/** The page itself. The state and the clearing of the cache are below the same path, and are for every instance in turn. */
const PAGE = /^\/cache\/?(\?|$)/;

/** The port of the instance at which a viewer of the dashboard stays. */
const COOKIE = 'front-door-instance';

/**
 * The instance that this viewer of the dashboard looks at.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {readonly number[]} candidates the ports of the instances that can take it
 * @returns {number | undefined} `undefined`: any instance may answer
 */
export function pinnedInstance(request, candidates) {
  const port = portIn(request);
  return port !== undefined && candidates.includes(port) ? port : undefined;
}

/**
 * Keeps a viewer of the dashboard at the instance that answers. A viewer whose instance is gone stays at the next one.
 *
 * @param {number} port
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
export function pinTo(port, request, response) {
  const isPage = request.method === 'GET' && PAGE.test(request.url ?? '');
  const isViewer = isPage || portIn(request) !== undefined;
  if (isViewer) response.setHeader('set-cookie', `${COOKIE}=${port}; Path=/cache; HttpOnly; SameSite=Strict`);
}

/** @param {import('node:http').IncomingMessage} request */
function portIn({ url, headers }) {
  if (!DASHBOARD.test(url ?? '')) return undefined;
  const [, port] = new RegExp(`(?:^|;\\s*)${COOKIE}=(\\d{1,5})(?:;|$)`).exec(headers.cookie ?? '') ?? [];
  return port === undefined ? undefined : Number(port);
}
