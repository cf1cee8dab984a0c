import { once } from 'node:events';
import { Agent, createServer, STATUS_CODES } from 'node:http';
import { createProxyServer } from 'httpxy';
import { pinnedInstance, pinTo } from './pinned-viewers.mjs';
import { withDeadline } from '../../tools/deadline.mjs';

/** How long an instance may take to begin its answer, in ms. */
const ANSWER_TIMEOUT = 60_000;

/** How long requests may still run when the front door closes, in ms. */
const CLOSE_TIMEOUT = 2_000;

/**
 * Listens on a port and hands each request to the next running instance in turn.
 *
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.host the interface to listen on
 * @param {string} options.origin where the instances listen, but for the port
 * @param {() => number[]} options.runningPorts the ports of the instances that can take a request now
 * @param {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => boolean} [options.answersItself] takes a request that is for no instance; `false`: it is for one
 * @returns {Promise<{ close: () => Promise<void> }>}
 * @throws {Error} `EADDRINUSE` when the port is taken
 */
export async function openFrontDoor({ port, host, origin, runningPorts, answersItself = () => false }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  // The connections to the instances stay open, whatever the client asks for its own.
  const headers = { connection: 'keep-alive' };
  const proxy = createProxyServer({ agent, headers, xfwd: true, proxyTimeout: ANSWER_TIMEOUT });
  proxy.on('proxyRes', (answer, _, response) => {
    delete answer.headers['connection'];
    delete answer.headers['keep-alive'];
    // The headers are set in this turn, and would wait for the first event, which may be long in coming.
    if (isEventStream(answer)) process.nextTick(() => response.flushHeaders());
  });
  const nextOf = roundRobin();

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {Set<number>} tried
   * @returns {Promise<void>}
   */
  const forward = async (request, response, tried) => {
    const candidates = runningPorts().filter((candidate) => !tried.has(candidate));
    const target = pinnedInstance(request, candidates) ?? nextOf(candidates);
    if (target === undefined) return refuse(response, 503, 'No instance is running at the moment; try again shortly.');
    pinTo(target, request, response);
    try {
      await proxy.web(request, response, { target: `${origin}:${target}` });
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      if (mayRepeat(request)) return forward(request, response, tried.add(target));
      refuse(response, 502, `The instance on port ${target} failed before it answered (${codeOf(error)}).`);
    }
  };

  const server = createServer((request, response) => {
    if (!answersItself(request, response)) void forward(request, response, new Set());
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      await withDeadline(closed, CLOSE_TIMEOUT, () => server.closeAllConnections());
      agent.destroy();
    },
  };
}

/** @param {import('node:http').IncomingMessage} answer */
function isEventStream({ headers }) {
  return /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
}

/** @returns {(ports: number[]) => number | undefined} */
function roundRobin() {
  let turn = 0;
  return (ports) => {
    if (ports.length === 0) return undefined;
    const port = ports[turn % ports.length];
    turn += 1;
    return port;
  };
}

/**
 * Whether a request may be sent to another instance: it changes nothing, and it has no body that the failed instance may have read.
 *
 * @param {import('node:http').IncomingMessage} request
 */
function mayRepeat(request) {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return (request.method === 'GET' || request.method === 'HEAD') && length === undefined && encoding === undefined;
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {502 | 503} statusCode
 * @param {string} message
 */
function refuse(response, statusCode, message) {
  response.writeHead(statusCode, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end(JSON.stringify({ statusCode, error: STATUS_CODES[statusCode], message }));
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
