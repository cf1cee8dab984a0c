import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the repository lies. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The compiled sample application, run once per instance. */
export const SAMPLE = resolve(ROOT, 'apps/sample/dist/main.js');

/** Every variable that the library looks a connection string up in; `test/e2e/start.spec.ts` holds it against the library's own list. */
export const CONNECTION_STRING_VARIABLES = [
  'RedisConnectionString',
  'REDIS_CONNECTION_STRING',
  'ConnectionStrings__RedisConnectionString',
  'CUSTOMCONNSTR_RedisConnectionString',
  'REDISCACHECONNSTR_RedisConnectionString',
  'AZURE_REDIS_CONNECTIONSTRING',
  'REDIS_URL',
];

/** Takes `.env` over into the environment; what the environment already says wins. */
export function loadEnvironmentFile() {
  const file = resolve(ROOT, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
  // The instances run in another directory, where a relative path would mean another file.
  if (process.env['DATABASE_FILE']) process.env['DATABASE_FILE'] = resolve(process.env['DATABASE_FILE']);
}

/**
 * What the environment asks of the scaled-out application.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {{ port: number, instancePorts: number[] }}
 * @throws {Error} when a variable is not a whole number in its bounds; the message names it
 */
export function readSettings(environment) {
  const count = wholeNumber(environment, 'INSTANCES', { from: 1, to: 64, otherwise: 3 });
  const port = wholeNumber(environment, 'PORT', { from: 1, to: 65_535 - count, otherwise: 3000 });
  return { port, instancePorts: Array.from({ length: count }, (_, index) => port + 1 + index) };
}

/**
 * Where a single instance listens.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {number}
 * @throws {Error} when `PORT` is not a port
 */
export function readPort(environment) {
  return wholeNumber(environment, 'PORT', { from: 1, to: 65_535, otherwise: 3000 });
}

/**
 * The same environment, with nothing in it that would lead the application to a Redis.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutRedis(environment) {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !CONNECTION_STRING_VARIABLES.includes(name)),
  );
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} name
 * @param {{ from: number, to: number, otherwise: number }} bounds
 */
function wholeNumber(environment, name, { from, to, otherwise }) {
  const text = environment[name]?.trim();
  if (!text) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new Error(`${name}=${text} cannot be used: it must be a whole number from ${from} to ${to}.`);
}
