import { beforeAll, beforeEach, onTestFinished, type TestContext } from 'vitest';
import { findHaproxy, HOW_TO_INSTALL_HAPROXY, startHaproxy } from '../../../tools/haproxy.mjs';
import { RedisProxy } from './redis-proxy.js';
import { FIRST_ADDRESS, SECOND_ADDRESS } from './host-names.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';

/**
 * A private Redis for all tests of this file, or of this `describe`: it is started before the first of them and stopped after the last.
 *
 * @example
 * const redis = usingRedis({ password: 'secret' });
 */
export function usingRedis(options?: RedisServerOptions): RedisServer {
  const redis = new RedisServer(options);
  beforeAll(async () => {
    await redis.start();
    return () => redis.stop();
  });
  return redis;
}

/** The same, started anew for each test: for tests that kill it or count what it holds. */
export function usingRedisPerTest(options?: RedisServerOptions): RedisServer {
  const redis = new RedisServer(options);
  beforeEach(async () => {
    await redis.start();
    // Not after the hooks: the instances of the test are still connected then.
    onTestFinished(() => redis.stop());
  });
  return redis;
}

/** A private Redis for the test at hand alone. */
export async function startRedis(options?: RedisServerOptions): Promise<RedisServer> {
  const redis = await RedisServer.start(options);
  onTestFinished(() => redis.stop());
  return redis;
}

/**
 * An HAProxy in front of a server, for the test at hand, which closes connections that are idle for `timeout`, as HAProxy writes it. The
 * test is skipped where HAProxy cannot be had.
 */
export async function haproxyTo(
  { port }: { readonly port: number },
  timeout: string,
  test: TestContext,
): Promise<{ readonly connectionString: string }> {
  const path = await findHaproxy({ say: console.log });
  if (path === undefined) return test.skip(HOW_TO_INSTALL_HAPROXY);
  const proxy = await startHaproxy({ to: port, timeout, path });
  onTestFinished(() => proxy.stop());
  return { connectionString: `redis://127.0.0.1:${proxy.port}` };
}

/** A proxy in front of a server, for the test at hand. */
export async function proxyTo({ port }: { readonly port: number }): Promise<RedisProxy> {
  const proxy = await RedisProxy.start(port);
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** Two servers on one port of two loopback addresses, for the test at hand: a name can lead to either. */
export async function redisOnTwoAddresses(
  options: RedisServerOptions = {},
): Promise<readonly [RedisServer, RedisServer]> {
  const first = await startRedis({ ...options, host: FIRST_ADDRESS });
  return [first, await startRedis({ ...options, host: SECOND_ADDRESS, port: first.port })];
}
