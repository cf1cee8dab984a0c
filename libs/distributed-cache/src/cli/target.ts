import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { InvalidOptionsError } from '../errors.js';
import { findConnectionString, misspeltSettings, SETTING_NAMES } from '../module/bridge/connection-source.js';
import { Observer, type ObserverListener } from '../observer/observer.js';
import { RedisInvalidationBridge } from '../redis/redis-invalidation-bridge.js';
import type { Surroundings } from './surroundings.js';

/** The options that say what a command is about. @internal */
export interface TargetOptions {
  readonly redis?: string | undefined;
  readonly namespace: string;
  readonly json?: boolean | undefined;
}

/** @throws {InvalidOptionsError} when there is none @internal */
export function connectionStringOf({ redis }: TargetOptions, { env, folder }: Surroundings): string {
  const settings = { ...settingsIn(join(folder, '.env')), ...env };
  const found = findConnectionString(redis, (name) => settings[name]);
  if (found) return found.connectionString;
  const misspelt = misspeltSettings(settings).map(
    ([given, meant]) => ` ${given} is read by nobody: did you mean ${meant}?`,
  );
  throw new InvalidOptionsError(
    `There is no connection string. Give --redis, or set ${SETTING_NAMES[0]} in the environment or in a file .env here, as the application has it.${misspelt.join('')}`,
  );
}

/**
 * Observes the namespace that the options name while `work` runs.
 *
 * @throws as a dial of an instance does
 *
 * @internal
 */
export async function observing<T>(
  options: TargetOptions,
  surroundings: Surroundings,
  listener: ObserverListener,
  work: (observer: Observer) => Promise<T>,
): Promise<T> {
  const bridge = new RedisInvalidationBridge({ connectionString: connectionStringOf(options, surroundings) });
  const observer = await Observer.open(bridge, options.namespace, listener, { signal: surroundings.signal });
  try {
    return await work(observer);
  } finally {
    observer.close();
  }
}

function settingsIn(file: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch {
    // Most folders have none.
    return {};
  }
}
