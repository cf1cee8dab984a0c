import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aclRule } from '../../libs/distributed-cache/src/redis/acl-rule.js';
import { runCommand } from '../support/instances/command-line.js';
import { instances } from '../support/instances/instances.js';
import { COMMANDS, INFO, KEYS_AND_CHANNEL } from '../support/redis/redis-permissions.js';
import { RedisSentinel } from '../support/redis/redis-sentinel.js';
import { haproxyTo, startRedis, usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis();

interface Diagnosis {
  readonly code: number;
  readonly text: string;
}

async function doctor(connectionString: string, ...options: readonly string[]): Promise<Diagnosis> {
  const command = runCommand(['doctor', '--redis', connectionString, '--namespace', 'shop', ...options]);
  return { code: await command.code, text: command.out() + command.error() };
}

/** A user of the server who may do what the rules say. */
async function userWith(name: string, ...rules: readonly string[]): Promise<string> {
  await redis.admin.call('ACL', 'SETUSER', name, 'reset', 'on', '>secret', ...rules);
  return `127.0.0.1:${redis.port},user=${name},password=secret`;
}

const RULES = aclRule({ namespace: 'shop' }).split(' ');

describe('the doctor', () => {
  it('finds nothing where all is well', async () => {
    await instances(1).on(redis).with({ namespace: 'shop' }).connected();
    const { code, text } = await doctor(redis.connectionString);
    expect(text).toMatch(
      /ok {4}connection .*\nok {4}sync .*\nok {4}eviction .*\nok {4}channel .*\nok {4}server .*Redis \d/,
    );
    expect(text).toMatch(/All is well\.\n$/);
    expect(code).toBe(0);
  });

  it('finds nothing amiss with what aclRule allows', async () => {
    const { code, text } = await doctor(await userWith('exact', ...RULES));
    expect(text).not.toMatch(/FAIL/);
    expect(text).toMatch(
      /ok {4}log {11}its size is not told \(that takes aclRule\(\{ observer: true \}\)\); \d+ members\n/,
    );
    expect(code).toBe(0);
  });

  it.each([
    ['a port where nothing listens', 'redis://127.0.0.1:1', /nothing listens there/],
    ['a string with a typo', 'redis://127.0.0.1:port', /port/],
    ['TLS where none is', 'rediss://127.0.0.1:PORT', /TLS|ssl/i],
  ])('names the cause of %s', async (_, connectionString, cause) => {
    const { code, text } = await doctor(connectionString.replace('PORT', String(redis.port)));
    expect(text).toMatch(cause);
    expect(text).not.toContain('wrong@');
    expect(code).toBeGreaterThan(0);
  });

  it('names the cause of a wrong password', async () => {
    const secured = await startRedis({ password: 'right' });
    const { code, text } = await doctor(secured.connectionString.replace('right', 'false'));
    expect(text).toMatch(/FAIL {2}connection .*(?:WRONGPASS|password)/);
    expect(code).toBe(1);
  });

  it('names the cause of no TLS where it is needed', async () => {
    const secured = await startRedis({ tls: true });
    const { code, text } = await doctor(`redis://127.0.0.1:${secured.port}`);
    expect(text).toMatch(/FAIL {2}connection .*TLS/i);
    expect(code).toBe(1);
  });

  it.each([...KEYS_AND_CHANNEL, ...COMMANDS, INFO])('names a permission that is missing: %s', async (rule) => {
    const { code, text } = await doctor(await userWith('part', ...RULES.filter((each) => each !== rule)));
    expect(text).toMatch(/(?:FAIL|warn) .*(?:NOPERM|permission|allow)/i);
    // Without INFO it works, only less well.
    expect(code).toBe(rule === INFO ? 0 : 1);
  });

  it('names the user and the command that is missing, once and without the password', async () => {
    const { text } = await doctor(await userWith('writer', ...RULES.filter((each) => each !== '+xadd')));
    expect(text).toMatch(
      /\nFAIL {2}(?:sync|eviction) .*\(the user lacks \+xadd; allow it: ACL SETUSER writer \+xadd\)\n/,
    );
    expect(text.match(/FAIL/g)).toHaveLength(1);
    expect(text.match(/\+xadd; allow it/g)).toHaveLength(1);
    expect(text).toMatch(/\nOne thing does not work\.\n$/);
    expect(text).not.toContain('secret');
  });

  it('does not take for a message of the channel what a sync brought: PUBLISH is forbidden', async () => {
    await instances(1).on(redis).with({ namespace: 'shop' }).connected();
    const { code, text } = await doctor(await userWith('mute', ...RULES.filter((each) => each !== '+publish')));
    expect(text).toMatch(
      /\nFAIL {2}channel {7}Redis takes invalidations into its log, but does not let this instance publish them: .*\(the user lacks \+publish; allow it: ACL SETUSER mute \+publish\)\n/,
    );
    expect(text).not.toContain('the channel brings messages');
    expect(text).toMatch(/\nOne thing does not work\.\n$/);
    expect(code).toBe(1);
  });

  it('names a channel that is missing', async () => {
    const publishing = RULES.filter((each) => each !== '&{shop}:invalidations');
    const { text } = await doctor(await userWith('offside', ...publishing));
    expect(text).toContain('allow it: ACL SETUSER offside ');
    expect(text).toMatch(/lacks &\{shop\}:invalidations|&\{shop\}:invalidations &/);
  });

  it('names each key and each command that is missing', async () => {
    const lacking = ['~{shop}:members', '+zadd', '+zrem'];
    const { text } = await doctor(await userWith('poor', ...RULES.filter((each) => !lacking.includes(each))));
    expect(text).toContain(
      '(the user lacks ~{shop}:members, +zadd, +zrem; allow it: ACL SETUSER poor ~{shop}:members +zadd +zrem)',
    );
  });

  it('gives the whole rule when the server lets nobody ask what is missing', async () => {
    const { text } = await doctor(await userWith('deaf', ...RULES.filter((each) => each !== '+subscribe')));
    expect(text).toContain(`(allow it: ACL SETUSER deaf ${RULES.join(' ')})`);
  });

  it("names the cause of a sentinel's port", async () => {
    const sentinel = await RedisSentinel.start(redis.port, {});
    onTestFinished(() => sentinel.stop());
    const { code, text } = await doctor(`redis://127.0.0.1:${sentinel.port}`);
    expect(text).toMatch(/FAIL .*sentinel/i);
    expect(code).toBe(1);
  });

  it('names the cause of the port of an HTTP server', async () => {
    const server = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { code, text } = await doctor(`redis://127.0.0.1:${Object(server.address()).port}`);
    expect(text).toMatch(/FAIL {2}connection /);
    expect(text).toMatch(/no Redis|not Redis|HTTP/i);
    expect(code).toBe(1);
  });

  it('names a server that is full, one that may delete the log, and one that cuts slow instances off', async () => {
    const full = await startRedis({ args: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] });
    const { code, text } = await doctor(full.connectionString);
    expect(text).toMatch(
      /FAIL {2}(?:sync|eviction) .*OOM .*\(Redis is full: raise maxmemory, remove what else is in it, or choose a volatile-\* policy\)\n/,
    );
    expect(text).toMatch(
      /warn {2}memory .* [\d.]+ MiB of 0\.0 KiB used, maxmemory-policy noeviction: Redis is full and refuses writes\. Raise maxmemory/,
    );
    expect(code).toBe(1);
    const careless = await startRedis({
      args: [
        '--maxmemory-policy',
        'allkeys-lru',
        '--client-output-buffer-limit',
        'pubsub 1mb 1mb 60',
        '--timeout',
        '5',
      ],
    });
    const other = await doctor(careless.connectionString);
    expect(other.text).toMatch(/warn .*allkeys-lru.*noeviction/);
    expect(other.text).toMatch(/warn .*client-output-buffer-limit for pubsub is 1\.0 MiB/);
    expect(other.text).toMatch(/warn .*timeout is 5 s/);
    expect(other.text).toMatch(/It works; .* need attention\.\n$/);
    expect(other.code).toBe(0);
  });

  it('names a namespace that was mixed up', async () => {
    const alone = await startRedis();
    await instances(1).on(alone).with({ namespace: 'shop:production' }).connected();
    const { text } = await doctor(alone.connectionString);
    expect(text).toMatch(
      /warn {2}namespace .*no instance is in the namespace shop, but there are some in shop:production/,
    );
  });

  it('names somebody in between who closes idle connections', async (test) => {
    const proxy = await haproxyTo(redis, '1s', test);
    const { text } = await doctor(proxy.connectionString, '--idle', '2s');
    expect(text).toMatch(/warn {2}idle .*was closed/);
  });

  it('prints its findings as JSON', async () => {
    const { code, text } = await doctor(redis.connectionString, '--json');
    expect(JSON.parse(text)).toContainEqual({
      check: 'connection',
      level: 'ok',
      message: expect.stringContaining('connected to'),
    });
    expect(code).toBe(0);
  });
});
