import { findRedisProgram, HOW_TO_INSTALL_REDIS } from '../../../tools/redis.mjs';

/** A vitest `globalSetup`: installs Redis when it is missing, once, before several test files would do so at the same time. */
export default async function redisOnce(): Promise<void> {
  const program = await findRedisProgram({ say: console.log });
  if (program === undefined) throw new Error(HOW_TO_INSTALL_REDIS);
}
