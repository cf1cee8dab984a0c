/**
 * Whether a request asks for the page of the front door itself; every other one is for an instance.
 *
 * @param {import('node:http').IncomingMessage} request
 */
export function isForWelcome({ method, url }) {
  return (method === 'GET' || method === 'HEAD') && /^\/(\?|$)/.test(url ?? '');
}

/**
 * Answers with a page that says what runs here and links to what to try.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {readonly number[]} instancePorts of the instances that run
 */
export function showWelcome(request, response, instancePorts) {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };
  if (instancePorts.length === 0) response.writeHead(503, { ...headers, 'retry-after': '2' }).end(startingPage());
  else response.writeHead(200, headers).end(pageOf(frontDoorFor(request), instancePorts));
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {URL} the address of the front door, as whoever asks has written it
 */
function frontDoorFor({ headers, socket }) {
  const url = `http://${headers.host}`;
  return new URL(URL.canParse(url) ? url : `http://localhost:${socket.localPort}`);
}

/**
 * @param {URL} frontDoor
 * @param {readonly number[]} instancePorts
 */
function pageOf({ origin, hostname }, instancePorts) {
  const count = `${instancePorts.length} ${instancePorts.length === 1 ? 'instance' : 'instances'}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A product catalogue on ${count}</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; line-height: 1.25; }
  h2 { font-size: 1.1rem; margin-top: 2rem; }
  code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
  pre { background: color-mix(in srgb, currentColor 8%, transparent); border-radius: 0.4rem; overflow-x: auto; padding: 0.75rem 1rem; }
  li { margin: 0.35rem 0; }
</style>
</head>
<body>
<h1>A product catalogue on ${count}</h1>
<p>This is the sample application of <strong>nestjs-distributed-cache</strong>. This front door passes each request to the next instance in turn.
Every instance caches in its own memory; Redis carries only the evictions.</p>

<h2>Read</h2>
<ul>
  <li><a href="/products/1">A product</a>. Reload it some times: the header <code>X-Instance</code> takes turns, and <code>X-Cache</code> goes from
  <code>MISS</code> to <code>HIT</code> on each instance.</li>
  <li><a href="/products?category=books&amp;page=2">A page of a list</a> and <a href="/categories">the categories</a>, which are cached with tags.</li>
  <li>The state and the counters of each instance: ${instancePorts.map((each) => `<a href="http://${hostname}:${each}/cache/status">${each}</a>`).join(', ')}.</li>
  <li><a href="/docs">The API</a>, to read and to try.</li>
  <li><a href="/health">The health of an instance</a>, which stays 200 without Redis, and what Prometheus scrapes of each:
  ${instancePorts.map((each) => `<a href="http://${hostname}:${each}/metrics">${each}</a>`).join(', ')}.</li>
</ul>
<pre>curl -i ${origin}/products/1</pre>

<h2>Change</h2>
<p>The other instances answer with the new price as soon as the eviction reaches them, normally within milliseconds.</p>
<pre>curl -X PUT ${origin}/products/1 \\
  -H 'content-type: application/json' -d '{"price": 9.99}'
curl -X POST ${origin}/cache/clear</pre>
<p><code>npm run reset</code> puts the data back as it was.</p>
</body>
</html>
`;
}

/** While no instance can take a request: the browser asks again. */
function startingPage() {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Starting …</title></head>
<body><p>The instances are starting. This page reloads itself.</p></body>
</html>
`;
}
