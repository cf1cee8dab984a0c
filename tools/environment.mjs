import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { toWholeNumber, wholeNumbersWithin } from './command-line.mjs';
import { inRepository } from './repository.mjs';

/** The compiled sample application, run once per instance. */
export const SAMPLE = inRepository('apps/sample/dist/main.js');

/** Every variable in which the library looks for a connection string; `test/e2e/start.spec.ts` compares it with the library's own list. */
export const CONNECTION_STRING_VARIABLES = [
  'RedisConnectionString',
  'REDIS_CONNECTION_STRING',
  'ConnectionStrings__RedisConnectionString',
  'CUSTOMCONNSTR_RedisConnectionString',
  'REDISCACHECONNSTR_RedisConnectionString',
  'AZURE_REDIS_CONNECTIONSTRING',
  'REDIS_URL',
];

/** Copies the variables of `.env` into the environment; one that is already there keeps its value. */
export function loadEnvironmentFile() {
  const file = inRepository('.env');
  if (existsSync(file)) process.loadEnvFile(file);
  // The instances run in another directory, where a relative path would lead to another file.
  if (process.env['DATABASE_FILE']) process.env['DATABASE_FILE'] = resolve(process.env['DATABASE_FILE']);
}

/**
 * The ports of the scaled-out application, from `PORT` and `INSTANCES`: the front door has the first, the instances those after it. And the
 * interface on which they listen, from `HOST`: nobody else can reach them unless it says so.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {{ port: number, host: string, origin: string, instancePorts: number[] }} `origin`: where programs on this machine reach `host`
 * @throws {Error} when a variable is not a whole number in its bounds; the message names it
 */
export function readSettings(environment) {
  const count = wholeNumber(environment, 'INSTANCES', { from: 1, to: 64, otherwise: 3 });
  const port = wholeNumber(environment, 'PORT', { from: 1, to: 65_535 - count, otherwise: 3000 });
  const host = hostOf(environment);
  return {
    port,
    host,
    origin: originOf(host),
    instancePorts: Array.from({ length: count }, (_, index) => port + 1 + index),
  };
}

/**
 * The port and the interface of a single instance, from `PORT` and `HOST`.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {{ port: number, host: string }}
 * @throws {Error} when `PORT` is not a port
 */
export function readSingleSettings(environment) {
  return {
    port: wholeNumber(environment, 'PORT', { from: 1, to: 65_535, otherwise: 3000 }),
    host: hostOf(environment),
  };
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string} the loopback interface, unless `HOST` names another: nobody else can reach it
 */
function hostOf(environment) {
  return environment['HOST']?.trim() || '127.0.0.1';
}

/**
 * @param {string} host an interface on which a server listens
 * @returns {string} where programs on this machine reach it, but for the port, for example `http://127.0.0.1`
 */
function originOf(host) {
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return address.includes(':') ? `http://[${address}]` : `http://${address}`;
}

/**
 * The same environment without the variables that would lead the application to a Redis.
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
  const value = toWholeNumber(text, { from, to });
  if (value !== undefined) return value;
  throw new Error(`${name}=${text} cannot be used: it must be ${wholeNumbersWithin({ from, to })}.`);
}
