import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DistributedCache } from 'nestjs-distributed-cache';
import { aclRule } from '../../libs/distributed-cache/src/redis/acl-rule.js';
import { eventually } from '../support/common/eventually.js';
import { runCommand as run } from '../support/instances/command-line.js';
import { instances } from '../support/instances/instances.js';
import { proxyTo, startRedis, usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis({ password: 'a-secret-password' });

interface Shop {
  readonly a: DistributedCache;
  readonly b: DistributedCache;
  /** The options that lead to it. */
  readonly common: readonly string[];
}

async function shop(): Promise<Shop> {
  const { a, b } = await instances(2).on(redis).with({ maxStaleness: '1s' }).connected();
  return { a, b, common: ['--redis', redis.connectionString, '--namespace', a.status().namespace] };
}

/** Of two instances, `b` hears nothing of Redis any more, nor Redis of it. */
async function shopWithOneCutOff(): Promise<Shop> {
  const server = await startRedis();
  const proxy = await proxyTo(server);
  const { a, b } = await instances(2).on(server, proxy).with({ maxStaleness: '1s' }).connected();
  proxy.blackhole();
  return { a, b, common: ['--redis', server.connectionString, '--namespace', a.status().namespace] };
}

describe('the command line', () => {
  it('shows the instances and the log', async () => {
    const { a, b, common } = await shop();
    await a.region('r').getOrLoad('1', () => 1);
    await a.region('r').getOrLoad('1', () => 1);
    const status = run(['status', ...common]);
    expect(await status.code).toBe(0);
    const text = status.out();
    expect(text).toMatch(/^Namespace \S+: 2 instances\.\nLog: \d+ entries, [\d.]+ KiB, the newest .+ old\.\n/);
    for (const cache of [a, b]) expect(text).toContain(cache.status().instanceId);
    expect(text).toMatch(/coherent .* 50\.0 % +1 /);
    expect(text).not.toContain('a-secret-password');
  });

  it('shows the same as JSON', async () => {
    const { a, b, common } = await shop();
    const status = run(['status', '--json', ...common]);
    expect(await status.code).toBe(0);
    expect(JSON.parse(status.out())).toMatchObject({
      instances: [a, b]
        .map((cache) => cache.status().instanceId)
        .toSorted()
        .map((instanceId) => ({ instanceId, answer: { status: { state: 'coherent' } } })),
    });
  });

  it('tells of an instance that is cut off from Redis: code 1, and what it may still serve', async () => {
    const { b, common } = await shopWithOneCutOff();
    await eventually(async () => {
      const status = run(['status', ...common]);
      expect(await status.code).toBe(1);
      expect(status.out()).toMatch(new RegExp(`\\n${b.status().instanceId} +cut off or gone +[\\d.]+ m?s `));
    });
    const status = run(['status', ...common]);
    await status.code;
    expect(status.out()).toMatch(
      new RegExp(
        `\\n${b.status().instanceId} is cut off or gone: Redis has not heard of it for [\\d.]+ m?s\\. If it still runs, it `,
      ),
    );
  });

  it('says which rule tells the length of the log, to a user that has that of an instance', async () => {
    const { a, b, common } = await shop();
    const { namespace } = a.status();
    await redis.admin.call('ACL', 'SETUSER', 'exact', 'reset', 'on', '>pw', ...aclRule({ namespace }).split(' '));
    const status = run(['status', ...common, '--redis', `127.0.0.1:${redis.port},user=exact,password=pw`]);
    expect(await status.code).toBe(0);
    expect(status.out()).toMatch(
      /\nLog: its length is not told \(that takes the rule of an observer: aclRule\(\{ observer: true \}\)\), the newest /,
    );
    expect(status.out()).toContain(b.status().instanceId);
  });

  it('shows which instances hold a key', async () => {
    const { a, b, common } = await shop();
    await a.region('r').getOrLoad('42', () => 1, { tags: ['t'] });
    const where = run(['where', '--region', 'r', '--key', '42', ...common]);
    expect(await where.code).toBe(0);
    expect(where.out()).toMatch(new RegExp(`${a.status().instanceId} +yes +[\\d.]+ m?s +.* t\\n`));
    expect(where.out()).toMatch(new RegExp(`${b.status().instanceId} +no\\n`));
    const nowhere = run(['where', '--region', 'r', '--key', 'other', ...common]);
    expect(await nowhere.code).toBe(1);
  });

  it('evicts in every instance, and says when no instance can serve the old value', async () => {
    const { a, b, common } = await shop();
    for (const cache of [a, b]) await cache.region('r').getOrLoad('42', () => 1);
    const evict = run(['evict', '--region', 'r', '--key', '42', '--everywhere', '30s', ...common]);
    expect(await evict.code).toBe(0);
    expect(evict.out()).toMatch(/^Evicted: in 2 instances, in /);
    expect([a, b].map((cache) => cache.region('r').getSync('42'))).toEqual([undefined, undefined]);
  });

  it.each([
    ['by a tag', ['--tag', 't']],
    ['a region', ['--region-all', 'r']],
    ['everything', ['--all', '--yes']],
  ])('evicts %s', async (_, what) => {
    const { a, common } = await shop();
    await a.region('r').getOrLoad('42', () => 1, { tags: ['t'] });
    expect(await run(['evict', ...what, ...common]).code).toBe(0);
    await eventually(() => expect(a.region('r').getSync('42')).toBeUndefined());
  });

  it('shows invalidations as they pass by, until it is interrupted', async () => {
    const { a, common } = await shop();
    const watch = run(['watch', '--region', 'r', ...common]);
    await eventually(() => expect(watch.error()).toBe('Watching; Ctrl-C ends it.\n'));
    await a.region('other').evict('1');
    await a.region('r').evictMany(['1', '2']);
    await eventually(() => expect(watch.out()).toContain(`${a.status().instanceId}  r 1 2\n`));
    expect(watch.out()).not.toContain('other');
    watch.interrupt();
    expect(await watch.code).toBe(0);
  });

  it('shows what instances and regions do, once or until it is interrupted', async () => {
    const { a, common } = await shop();
    const top = run(['top', '--interval', '200ms', ...common]);
    await eventually(() => expect(top.out()).toContain('namespace'));
    const hits = setInterval(() => void a.region('busy').getOrLoad('1', () => 1), 5);
    onTestFinished(() => clearInterval(hits));
    await eventually(() => expect(top.out()).toMatch(/busy +(?:9\d|100)\.\d % +\d+ +0 +1 +0\n/));
    expect(top.out()).toMatch(new RegExp(`${a.status().instanceId} +coherent +`));
    top.interrupt();
    expect(await top.code).toBe(0);
    const once = run(['top', '--once', '--json', '--interval', '200ms', ...common]);
    expect(await once.code).toBe(0);
    expect(JSON.parse(once.out())).toContainEqual(
      expect.objectContaining({ instance: a.status().instanceId, state: 'coherent', hitRate: 1 }),
    );
  });

  it('shows an instance that does not answer beside the others', async () => {
    const { a, b, common } = await shopWithOneCutOff();
    const top = run(['top', '--interval', '200ms', ...common]);
    await eventually(() => expect(top.out()).toMatch(new RegExp(`${b.status().instanceId} +cut off or gone +– +– +–`)));
    expect(top.out()).toMatch(/, 1 of 2 instances answer\n/);
    expect(top.out()).toMatch(new RegExp(`${a.status().instanceId} +coherent +`));
    top.interrupt();
    expect(await top.code).toBe(0);
    const once = run(['top', '--once', '--json', '--interval', '200ms', ...common]);
    await once.code;
    expect(JSON.parse(once.out())).toContainEqual(
      expect.objectContaining({ instance: b.status().instanceId, state: 'cut off or gone', reads: null }),
    );
  });

  it.each([
    { columns: 80, rows: 24, isCut: true },
    { columns: 120, rows: 40, isCut: false },
    { columns: 40, rows: 10, isCut: true },
  ])('fits its table of instances and regions into a terminal: $columns x $rows', async ({ isCut, ...size }) => {
    const { a } = await instances(12).on(redis).connected();
    for (let i = 0; i < 25; i += 1) await a.region(`region with a long name ${i}`).getOrLoad('1', () => 1);
    const { namespace } = a.status();
    const top = run(['top', '--interval', '100ms', '--redis', redis.connectionString, '--namespace', namespace], {
      size,
    });
    await eventually(() => expect(top.out()).toContain('\u001b[J'));
    top.interrupt();
    expect(await top.code).toBe(0);
    const [page = ''] = top.out().split('\u001b[J');
    // oxlint-disable-next-line no-control-regex
    const lines = page.replaceAll(/\u001b\[[HK]/g, '').split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(size.columns);
    expect(lines.length).toBeLessThanOrEqual(size.rows);
    expect(/\n… and \d+ more/.test(page)).toBe(isCut);
    expect(page).toMatch(/ coherent /);
  });

  it('counts one instance as one', async () => {
    const { a } = await instances(1).on(redis).connected();
    const top = run([
      'top',
      '--once',
      '--interval',
      '100ms',
      '--redis',
      redis.connectionString,
      '--namespace',
      a.status().namespace,
    ]);
    expect(await top.code).toBe(0);
    expect(top.out()).toMatch(/^\S+ {2}namespace \S+, 1 instance\n/);
  });

  it('finds the connection string as the application does: in the environment, or in the file .env', async () => {
    const { common } = await shop();
    const [, , ...namespace] = common;
    expect(await run(['status', ...namespace], { env: { RedisConnectionString: redis.connectionString } }).code).toBe(
      0,
    );
    const folder = mkdtempSync(join(tmpdir(), 'command-line-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, '.env'), `RedisConnectionString=${redis.connectionString}\n`);
    expect(await run(['status', ...namespace], { folder }).code).toBe(0);
  });

  it.each([
    [
      'without a connection string',
      ['status'],
      /There is no connection string\. Give --redis, or set RedisConnectionString/,
    ],
    ['with an option that there is not', ['status', '--namspace', 'x'], /unknown option '--namspace'/],
    ['to evict everything without --yes', ['evict', '--all', '--redis', 'localhost'], /Add --yes if you mean it/],
    ['to evict nothing', ['evict', '--redis', 'localhost'], /Say what to evict/],
    ['to evict a key of no region', ['evict', '--key', '1', '--redis', 'localhost'], /--region and --key go together/],
  ])('is called wrongly %s: code 2, and what to do', async (_, args, message) => {
    const ran = run(args);
    expect(await ran.code).toBe(2);
    expect(ran.error()).toMatch(message);
  });

  it('says what is wrong with the connection, without the password', async () => {
    const wrong = redis.connectionString.replace('a-secret-password', 'another-password');
    const ran = run(['status', '--redis', wrong]);
    expect(await ran.code).toBe(1);
    expect(ran.error()).toMatch(/WRONGPASS|password/i);
    expect(ran.error()).not.toContain('another-password');
  });

  it('prints its help with code 0', async () => {
    const help = run(['--help']);
    expect(await help.code).toBe(0);
    expect(help.out()).toMatch(/ {2}doctor [^]* {2}status [^]* {2}top [^]* {2}watch [^]* {2}where [^]* {2}evict /);
  });
});
