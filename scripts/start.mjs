// `npm start`: the scaled-out application. A Redis, several instances, and a front door that hands each request to the next instance.
import { readCommandLine } from '../tools/command-line.mjs';
import { loadEnvironmentFile, readSettings, SAMPLE, withoutRedis } from '../tools/environment.mjs';
import { whenNpmStops } from '../tools/parent-death.mjs';
import { isPortFree } from '../tools/ports.mjs';
import { build } from './build/build.mjs';
import { findRedisProgram, HOW_TO_INSTALL_REDIS, startPrivateRedis } from '../tools/redis.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { openFrontDoor } from './start/front-door.mjs';
import { Instance } from './start/instance.mjs';

readCommandLine({
  command: 'npm start --',
  about:
    'Starts a Redis, several instances of the sample application and a front door, until Ctrl-C. The environment or .env sets PORT (3000), HOST (127.0.0.1), INSTANCES (3) and RedisConnectionString (a private Redis); see .env.example.',
  options: {},
});

/** @type {{ frontDoor?: { close: () => Promise<void> }, instances: Instance[], redis?: { stop: () => Promise<void> } }} */
const running = { instances: [] };
const installation = new AbortController();
let stopping = false;

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  // `on`, not `once`: the terminal sends a Ctrl-C, and npm sends it again. The second one must not end this process half way.
  process.on(signal, () => void stop(0));
}
process.on('exit', () => running.instances.forEach((instance) => instance.kill()));
whenNpmStops(() => void stop(0));

try {
  loadEnvironmentFile();
  await start(readSettings(process.env));
} catch (error) {
  if (!stopping) console.error(messageOf(error));
  await stop(1);
}

/** @param {{ port: number, host: string, origin: string, instancePorts: number[] }} settings */
async function start({ port, host, origin, instancePorts }) {
  const runningPorts = () => running.instances.filter(({ listening }) => listening).map((instance) => instance.port);
  for (const each of [port, ...instancePorts]) {
    if (!(await isPortFree(each, host))) throw portTaken(each, port);
  }
  running.frontDoor = await openFrontDoor({ port, host, origin, runningPorts });
  await build();
  if (stopping) return;

  const { found, description, environment } = await findRedis();
  if (stopping) return;
  // Without Redis several instances would never learn of each other's changes.
  const ports = found ? instancePorts : instancePorts.slice(0, 1);
  running.instances = ports.map(
    (instancePort) => new Instance({ program: SAMPLE, port: instancePort, environment, say: console.log }),
  );
  await Promise.all(running.instances.map((instance) => instance.start()));
  await welcome({ port, origin }, description);
}

/**
 * A Redis for the instances: the one that the environment names, else a private one, else none.
 *
 * @returns {Promise<{ found: boolean, description: string, environment: NodeJS.ProcessEnv }>}
 */
async function findRedis() {
  if (process.env['RedisConnectionString']) {
    return { found: true, description: 'the one that RedisConnectionString names', environment: process.env };
  }
  const program = await findRedisProgram({ say: console.log, signal: installation.signal });
  if (program === undefined) {
    console.log(HOW_TO_INSTALL_REDIS);
    return {
      found: false,
      description: 'none: one instance, in local mode',
      environment: withoutRedis(process.env),
    };
  }
  const redis = await startPrivateRedis({ program });
  running.redis = redis;
  redis.process.once('exit', () => sayRedisIsGone(redis.port));
  return {
    found: true,
    description: `a private ${redis.program} on port ${redis.port} (pid ${redis.process.pid})`,
    environment: { ...process.env, RedisConnectionString: redis.connectionString },
  };
}

/** @param {number} port */
function sayRedisIsGone(port) {
  if (stopping) return;
  console.log('The private Redis is gone; the instances go on without it. To bring one back:');
  console.log(`  redis-server --port ${port} --bind 127.0.0.1 --save '' --appendonly no`);
}

/**
 * @param {{ port: number, origin: string }} frontDoor
 * @param {string} redis
 */
async function welcome({ port, origin }, redis) {
  const { instances } = running;
  const first = instances[0]?.port;
  const lines = [
    '',
    `  Front door  http://localhost:${port}/, in turns to ${instances.length} instance${instances.length === 1 ? '' : 's'}`,
    `  Instances   ${instances.map((instance) => `${instance.port} (pid ${instance.pid})`).join(', ')}`,
    `  Redis       ${redis}`,
    '',
    '  Read a product some times: X-Instance takes turns, X-Cache goes from MISS to HIT on each instance.',
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

/**
 * @param {number} taken
 * @param {number} frontDoorPort
 */
function portTaken(taken, frontDoorPort) {
  return new Error(
    `Port ${taken} is in use by another program. Stop that one, or choose other ports: PORT=${frontDoorPort + 1000} npm start ` +
      '(the front door takes PORT, the instances the ports after it).',
  );
}

/**
 * Stops everything. Only the first call counts.
 *
 * @param {number} exitCode
 */
async function stop(exitCode) {
  if (stopping) return;
  stopping = true;
  installation.abort();
  await running.frontDoor?.close();
  // Before Redis, so that the evictions they still hold reach it.
  await Promise.all(running.instances.map((instance) => instance.stop()));
  await running.redis?.stop();
  process.exit(exitCode);
}
