// `npm start`: the scaled-out application. A Redis, several instances, and a front door that hands each request to the next instance.
import { readCommandLine } from '../tools/command-line.mjs';
import { loadEnvironmentFile, readSettings, SAMPLE, withoutRedis } from '../tools/environment.mjs';
import { whenNpmStops } from '../tools/parent-death.mjs';
import { isPortFree } from '../tools/ports.mjs';
import { build } from './build/build.mjs';
import { findRedisProgram, HOW_TO_INSTALL_REDIS } from '../tools/redis.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { Cluster } from './start/cluster.mjs';
import { Demonstration } from './start/demonstration/demonstration.mjs';
import { demonstrationRoutes } from './start/demonstration/routes.mjs';
import { TruePrices } from './start/demonstration/true-prices.mjs';
import { openFrontDoor } from './start/front-door.mjs';
import { OwnRedis } from './start/own-redis.mjs';
import { sayWelcome } from './start/welcome.mjs';

readCommandLine({
  command: 'npm start --',
  about:
    'Starts a Redis, several instances of the sample application and a front door, until Ctrl-C. The environment or .env sets PORT (3000), HOST (127.0.0.1), INSTANCES (3) and RedisConnectionString (a private Redis); see .env.example.',
  options: {},
});

/** @type {{ frontDoor?: { close: () => Promise<void> }, demonstration?: Demonstration, cluster?: Cluster, redis?: OwnRedis }} */
const running = {};
const installation = new AbortController();
let stopping = false;

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  // `on`, not `once`: the terminal sends a Ctrl-C, and npm sends it again. The second one must not end this process half way.
  process.on(signal, () => void stop(0));
}
process.on('exit', () => running.cluster?.kill());
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
  for (const each of [port, ...instancePorts]) {
    if (!(await isPortFree(each, host))) throw portTaken(each, port);
  }
  const runningPorts = () => running.cluster?.runningPorts ?? [];
  const demonstration = new Demonstration({ origin, port });
  const routes = demonstrationRoutes(demonstration, runningPorts);
  running.demonstration = demonstration;
  const frontDoor = await openFrontDoor({ port, host, origin, runningPorts, answersItself: routes.answer });
  running.frontDoor = {
    close: () => {
      // Their streams never end by themselves.
      routes.close();
      return frontDoor.close();
    },
  };
  console.log(`Open http://localhost:${port}/ now: the page says when the instances serve.`);
  await build();
  if (stopping) return;

  const { kind, description, environment } = await findRedis();
  if (stopping) return;
  // Without Redis several instances would never learn of each other's changes.
  const ports = kind === 'none' ? instancePorts.slice(0, 1) : instancePorts;
  const { redis } = running;
  const cluster = new Cluster({ program: SAMPLE, host, environment, redisPort: redis?.port, say: console.log });
  running.cluster = cluster;
  demonstration.show({ cluster, kind, redis });
  await cluster.start(ports);
  if (stopping) return;
  demonstration.prices = await TruePrices.open();
  demonstration.phase = 'running';
  await sayWelcome({ port, origin, instances: cluster.members.map(({ instance }) => instance), redis: description });
}

/**
 * A Redis for the instances: the one that the environment names, else a private one, else none.
 *
 * @returns {Promise<{ kind: 'given' | 'private' | 'none', description: string, environment: NodeJS.ProcessEnv }>}
 */
async function findRedis() {
  if (process.env['RedisConnectionString']) {
    return { kind: 'given', description: 'the one that RedisConnectionString names', environment: process.env };
  }
  const program = await findRedisProgram({ say: console.log, signal: installation.signal });
  if (program === undefined) {
    console.log(HOW_TO_INSTALL_REDIS);
    return { kind: 'none', description: 'none: one instance, in local mode', environment: withoutRedis(process.env) };
  }
  const redis = new OwnRedis({ program, onGone: sayRedisIsGone });
  await redis.start();
  running.redis = redis;
  // The cluster adds where it is, for each instance by a way of its own.
  return { kind: 'private', description: redis.description, environment: process.env };
}

/** @param {OwnRedis} redis */
function sayRedisIsGone({ port }) {
  if (stopping) return;
  console.log(
    'The private Redis is gone; the instances go on without it. To bring one back, press Start on the page, or:',
  );
  console.log(`  redis-server --port ${port} --bind 127.0.0.1 --save '' --appendonly no`);
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
  await running.cluster?.stop();
  running.demonstration?.close();
  await running.redis?.kill();
  process.exit(exitCode);
}
