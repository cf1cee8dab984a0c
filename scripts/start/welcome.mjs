/**
 * Says what runs, and what to try.
 *
 * @param {object} what
 * @param {number} what.port of the front door
 * @param {string} what.origin where the instances listen, but for the port
 * @param {readonly import('./instance.mjs').Instance[]} what.instances
 * @param {string} what.redis
 */
export async function sayWelcome({ port, origin, instances, redis }) {
  const first = instances[0]?.port;
  const lines = [
    '',
    `  Front door  http://localhost:${port}/, in turns to ${instances.length} instance${instances.length === 1 ? '' : 's'}`,
    `  Instances   ${instances.map((instance) => `${instance.port} (pid ${instance.pid})`).join(', ')}`,
    `  Redis       ${redis}`,
    '',
    `  Open http://localhost:${port}/ and watch: change a price, cut an instance off, kill Redis, scale out.`,
    '',
    '  Or by hand. Read a product some times: X-Instance takes turns, X-Cache goes from MISS to HIT on each instance.',
    `    curl -i http://localhost:${port}/products/1`,
    '  Change it. The other instances answer with the new price as soon as the eviction reaches them, normally within milliseconds.',
    `    curl -X PUT http://localhost:${port}/products/1 -H 'content-type: application/json' -d '{"price": 9.99}'`,
    '  More: GET /products?category=books&page=2, GET /cache/status, POST /cache/clear, kill an instance.',
    `  The API: http://localhost:${port}/docs   Health: /health   Metrics, of each instance: http://localhost:${first}/metrics`,
    `    curl http://localhost:${first}/cache/status`,
    '',
    '  Ctrl-C stops everything.',
    '',
  ];
  console.log(lines.join('\n'));
  if ((await stateOf(`${origin}:${first}`)) === 'disconnected') {
    console.log(
      'Redis cannot be reached. The instances serve without it, each on its own, and join as soon as it answers.',
    );
  }
}

/**
 * @param {string} instance its address
 * @returns {Promise<string | undefined>} the state of its cache
 */
async function stateOf(instance) {
  try {
    // A connection kept alive would keep the instance from closing if Ctrl-C came now.
    const headers = { connection: 'close' };
    const answer = await fetch(`${instance}/cache/status`, { headers });
    /** @type {any} */
    const { status } = await answer.json();
    return status.state;
  } catch {
    return undefined;
  }
}
