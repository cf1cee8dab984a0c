import { execFileSync } from 'node:child_process';
import { findRedisProgram } from '../../tools/redis.mjs';

/** @returns {Promise<string>} the version of the Redis that the bench starts */
export async function redisVersion() {
  const program = await findRedisProgram();
  if (program?.kind !== 'binary') return 'in a container';
  return /v=(\S+)/.exec(execFileSync(program.path, ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
}
