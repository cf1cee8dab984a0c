import { readFile } from 'node:fs/promises';
import { compileFunction } from 'node:vm';
import * as nestCommon from '@nestjs/common';
import * as nestConfig from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import * as library from 'nestjs-distributed-cache';
import { parseRedisConnectionString } from 'nestjs-distributed-cache/redis';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { REQUIRED_NAME, SETTING_NAMES } from '../../libs/distributed-cache/src/module/bridge/connection-source.js';
import { eventually } from '../support/common/eventually.js';
import { startApplication } from '../support/instances/application.js';
import { fill, untilDropped } from '../support/instances/copies.js';
import { instances, type Instances } from '../support/instances/instances.js';
import { createRedisCertificate } from '../support/redis/redis-certificate.js';
import type { RedisServer } from '../support/redis/redis-server.js';
import { startRedis, usingRedis } from '../support/redis/using-redis.js';
import { everythingSaid } from '../support/secrets/everything-said.js';

const docs = (name: string): Promise<string> => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const page = await docs('azure-app-service.md');

/** The code of one language that the page shows, block by block. */
function codeOnPage(language: string): string[] {
  return Array.from(page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs')), ([, code = '']) => code);
}

/** All connection strings on the page, but for the masked ones of log lines and the one of a Redis on this machine. */
function connectionStringsOnPage(): string[] {
  const ofAzure = String.raw`[\w.-]+\.redis\.(?:azure|cache\.windows)\.net:\d+,`;
  const found = page.matchAll(new RegExp(`(?:rediss?://|${ofAzure})[^\\s\`"]+`, 'g'));
  return [...new Set(Array.from(found, ([text]) => text))].filter((text) => !/\*\*\*|localhost/.test(text));
}

/** Where the page says to put the string: under which name, and as which variable it arrives. */
function placesOnPage(): { readonly name: string; readonly arrives: string }[] {
  const table = page.slice(page.indexOf('### Where to put it'), page.indexOf('### Which setting won'));
  const rows = table.matchAll(/^\|.*\| `(\w+)` +\| `(\w+)` +\|$/gm);
  return Array.from(rows, ([, name = '', arrives = '']) => ({ name, arrives }));
}

/** The settings that the page sets with `az webapp config appsettings set`. */
function settingsOnPage(): Record<string, string> {
  const command = codeOnPage('sh').find((code) => code.includes('appsettings set')) ?? '';
  return Object.fromEntries(
    Array.from(command.matchAll(/(\w+)="([^"]*)"/g), ([, name = '', value = '']) => [name, value]),
  );
}

function passwordIn(text: string): string | undefined {
  const [, inUrl, inOptions] = /^rediss?:\/\/:([^@]+)@|password=([^,]+)/.exec(text) ?? [];
  return inOptions ?? (inUrl === undefined ? undefined : decodeURIComponent(inUrl));
}

function withoutPassword(text: string): string {
  return text.replace(/:n0t[^@]*@/, ':@').replace(/password=[^,]*/, 'password=');
}

beforeEach(() => {
  for (const name of [...SETTING_NAMES, REQUIRED_NAME]) vi.stubEnv(name, undefined);
  for (const text of connectionStringsOnPage()) everythingSaid.secrets.add(passwordIn(text) ?? text);
});
afterEach(() => void vi.unstubAllEnvs());

/** What the cache logs from now on, as operators read it. */
function linesLogged(): string[] {
  const lines: string[] = [];
  const log = vi.spyOn(nestCommon.Logger.prototype, 'log').mockImplementation((line) => void lines.push(String(line)));
  onTestFinished(() => log.mockRestore());
  return lines;
}

describe('a connection string in the guide to Azure App Service', () => {
  it('is of each kind that Azure shows', () => {
    const kinds = connectionStringsOnPage().map(withoutPassword);
    expect(kinds).toEqual([
      'shop.westeurope.redis.azure.net:10000,ssl=True,abortConnect=False',
      'shop.westeurope.redis.azure.net:10000,password=,ssl=True,abortConnect=False',
      'shop.redis.cache.windows.net:6380,password=,ssl=True,abortConnect=False',
      'rediss://:@shop.redis.cache.windows.net:6380/0',
      'shop.redis.cache.windows.net:6380,password=,ssl=True,defaultDatabase=0',
    ]);
  });

  it.each(connectionStringsOnPage())('is understood whole, and means TLS: %s', (text) => {
    const [, host, port] = /([\w.-]+\.net):(\d+)/.exec(text) ?? [];
    expect(parseRedisConnectionString(text)).toMatchObject({
      endpoints: [{ host, port: Number(port) }],
      mode: 'standalone',
      tls: { enabled: true },
      password: passwordIn(text),
      database: 0,
      abortConnect: false,
      ignored: [],
    });
  });
});

describe('a key in a URL', () => {
  it('may end in an = that is not percent-encoded', () => {
    const [url = ''] = connectionStringsOnPage().filter((text) => text.startsWith('rediss://'));
    expect(url).toContain('%3D@');
    expect(parseRedisConnectionString(url.replace('%3D', '='))).toEqual(parseRedisConnectionString(url));
  });

  it('with a / that is not percent-encoded is refused, with the remedy that the guide gives', () => {
    const url = 'rediss://:n0t/re4l=@shop.redis.cache.windows.net:6380/0';
    expect(() => parseRedisConnectionString(url)).toThrow('%2F');
  });
});

describe('a setting in the guide to Azure App Service', () => {
  const redis = usingRedis();

  it('is one that the library looks up', () => {
    const named = page.matchAll(/\b[A-Z]*(?:CONNSTR_)?RedisConnectionString\b|\bAZURE_REDIS_\w*STRING\b/g);
    expect(SETTING_NAMES).toEqual(expect.arrayContaining([...new Set(Array.from(named, ([name]) => name))]));
    expect(placesOnPage()).toHaveLength(4);
  });

  it.each(placesOnPage())(
    'leads to the server as $arrives, and the line at boot names it',
    async ({ name, arrives }) => {
      const lines = linesLogged();
      vi.stubEnv(arrives, redis.connectionString);
      const { cache } = await startApplication({});
      expect(arrives.endsWith(name)).toBe(true);
      expect(lines[0]).toContain(`(from ${arrives})`);
      expect(cache.status().state).toBe('coherent');
    },
  );

  it('wins over those below it in the table', async () => {
    const places = placesOnPage();
    for (const [index, { arrives }] of places.entries()) vi.stubEnv(arrives, `${redis.connectionString}/${index}`);
    const lines = linesLogged();
    for (const [index, { arrives }] of places.entries()) {
      lines.length = 0;
      const application = await startApplication({});
      expect(lines[0]).toContain(`/${index} (standalone, no TLS) (from ${arrives})`);
      await application.close();
      vi.stubEnv(arrives, undefined);
    }
  });

  it('that requires Redis refuses to start without a connection string', async () => {
    const settings = settingsOnPage();
    vi.stubEnv(REQUIRED_NAME, settings[REQUIRED_NAME]);
    await expect(startApplication({})).rejects.toThrow(REQUIRED_NAME);
  });
});

describe('the log lines in the guide to Azure App Service', () => {
  const [connected = '', local = ''] = codeOnPage('text').filter((code) => code.startsWith('The cache'));

  it("are those of an application with the portal's string as it stands, over TLS under Azure's name", async () => {
    const { RedisConnectionString = '', CACHE_NAMESPACE: namespace = '' } = settingsOnPage();
    vi.stubEnv('RedisConnectionString', RedisConnectionString);
    const certificate = await createRedisCertificate('DNS:shop.westeurope.redis.azure.net');
    onTestFinished(certificate.remove);
    const redis = await startRedis({ tls: certificate, password: passwordIn(RedisConnectionString) });

    const lines = linesLogged();
    // Azure's name for this machine.
    const tls = { ca: redis.ca, lookup: toThisMachine };
    const { cache } = await startApplication({ namespace, redis: { port: redis.port, tls } });
    expect(cache.status().state).toBe('coherent');
    expect(lines.join('\n').replace(`:${redis.port}`, ':10000')).toBe(connected.trim());
  });

  it('are those of an application without a string', async () => {
    const lines = linesLogged();
    await startApplication({});
    expect(lines).toEqual([local.trim()]);
  });
});

const [EXACT = '', CONTRIBUTOR = ''] = codeOnPage('text')
  .filter((code) => code.startsWith('+'))
  .map((code) => code.trim());

describe('the access policy in the guide to Azure App Service', () => {
  it('is the one of the page about the message format', async () => {
    const [, rules = ''] = /ACL SETUSER instance on >… (~.*)/.exec(await docs('message-format.md')) ?? [];
    expect(EXACT.replaceAll('{shop:production}', '{shop}').split(' ').toSorted()).toEqual(rules.split(' ').toSorted());
  });

  it('is the same in the command for Azure Cache for Redis, but for the channels', () => {
    const [, permissions = ''] = /--permissions "(.*)"/.exec(page) ?? [];
    expect(permissions).toBe(withoutChannels(EXACT));
  });

  it.each([
    ['with the channels', EXACT, 'resetchannels'],
    ['without the channels, on a server whose users may use every channel', withoutChannels(EXACT), 'allchannels'],
  ])('is enough, %s: no copy is lost when the connections are cut', async (_, rules, channels) => {
    const redis = await redisWithUser(rules, channels);
    const { a, b, log } = await asUser(redis).connected();
    await fill('1', 'one', a, b);
    await redis.admin.call('CLIENT', 'KILL', 'USER', 'shop');

    await a.region('products').evict('1');
    await untilDropped('1', b);
    await eventually(() => expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([1, 1]));
    expect([a, b].map((each) => each.stats().bridge.flushes)).toEqual([1, 1]);
    expect(log.at('error')).toEqual([]);
  });

  it("of Azure's Data Contributor works, and costs all copies whenever the connections are cut", async () => {
    const redis = await redisWithUser(CONTRIBUTOR, 'allchannels');
    const { a, b, log } = await asUser(redis).connected();
    await fill('1', 'one', a, b);
    await a.region('products').evict('1');
    await untilDropped('1', b);

    await fill('2', 'two', a, b);
    await redis.admin.call('CLIENT', 'KILL', 'USER', 'shop');
    await untilDropped('2', a, b);
    await eventually(() => expect([a, b].map((each) => each.stats().bridge.flushes)).toEqual([2, 2]));
    expect(log.at('error')).toEqual([]);
  });
});

describe('the code in the guide to Azure App Service', () => {
  const redis = usingRedis();
  const [withEntra = '', withNamespace = ''] = codeOnPage('ts');

  it('connects each slot in its own namespace', async () => {
    vi.stubEnv('RedisConnectionString', redis.connectionString);
    for (const namespace of slotsOnPage()) {
      vi.stubEnv('CACHE_NAMESPACE', namespace);
      const cache = await cacheOf(withNamespace);
      expect(cache.status()).toMatchObject({ namespace, state: 'coherent' });
    }
    expect(slotsOnPage()).toEqual(['shop:production', 'shop:staging']);
  });

  it('logs in with the object id and the token of the identity', async () => {
    const token = 's3cret-token-of-the-identity';
    const getToken = vi.fn<() => Promise<{ token: string }>>(() => Promise.resolve({ token }));
    await redis.admin.call('ACL', 'SETUSER', 'object-id', 'reset', 'on', `>${token}`, ...EXACT.split(' '));
    vi.stubEnv('RedisConnectionString', `127.0.0.1:${redis.port},abortConnect=False`);
    vi.stubEnv('CACHE_NAMESPACE', 'shop:production');
    vi.stubEnv('CACHE_IDENTITY_OBJECT_ID', 'object-id');

    const cache = await cacheOf(
      withEntra,
      class DefaultAzureCredential {
        readonly getToken = getToken;
      },
    );
    expect(cache.status().state).toBe('coherent');
    expect(getToken).toHaveBeenCalledWith('https://redis.azure.com/.default');
    expect(String(await redis.admin.call('CLIENT', 'LIST'))).toContain('user=object-id');
  });

  function slotsOnPage(): string[] {
    return Array.from(page.matchAll(/^\| \w+ +\| `(shop:\w+)` /gm), ([, namespace = '']) => namespace);
  }
});

function withoutChannels(rules: string): string {
  return rules
    .split(' ')
    .filter((rule) => !rule.startsWith('&'))
    .join(' ');
}

/** @param channels - what a user may use if its rules name no channel; before Redis 6.2, it was always all of them */
async function redisWithUser(rules: string, channels: string): Promise<RedisServer> {
  const redis = await startRedis({ args: ['--acl-pubsub-default', channels] });
  await redis.admin.call('ACL', 'SETUSER', 'shop', 'on', '>secret', ...rules.split(' '));
  return redis;
}

function asUser(redis: RedisServer): Instances {
  const redisConnectionString = `127.0.0.1:${redis.port},user=shop,password=secret`;
  return instances(2).on({ redisConnectionString }).with({ namespace: 'shop:production' });
}

type Answer = (error: null, address: string | { address: string; family: number }[], family?: number) => void;

function toThisMachine(_: string, options: { all?: boolean | undefined }, answer: Answer): void {
  if (options.all === true) answer(null, [{ address: '127.0.0.1', family: 4 }]);
  else answer(null, '127.0.0.1', 4);
}

/** The cache of an application whose `AppModule` is this code; it is closed after the test. */
async function cacheOf(code: string, DefaultAzureCredential?: new () => object): Promise<library.DistributedCache> {
  const modules = new Map<string, unknown>([
    ['@nestjs/common', nestCommon],
    ['@nestjs/config', nestConfig],
    ['nestjs-distributed-cache', library],
    ['@azure/identity', { DefaultAzureCredential }],
  ]);
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, experimentalDecorators: true },
  });
  const exported: { AppModule?: nestCommon.Type } = {};
  compileFunction(outputText, ['require', 'exports'])((name: string) => modules.get(name), exported);
  if (exported.AppModule === undefined) throw new Error('The code exports no AppModule.');
  const application = await NestFactory.createApplicationContext(exported.AppModule, {
    logger: false,
    abortOnError: false,
  });
  onTestFinished(() => application.close());
  return application.get(library.DistributedCache);
}
