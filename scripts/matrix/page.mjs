import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { table } from '../../tools/markdown.mjs';
import { evidence } from '../../tools/marked-page.mjs';
import { inRepository } from '../../tools/repository.mjs';

/** docs/compatibility.md, from docs/evidence. */
export async function compatibilityPage() {
  /** @type {Record<string, import('./cell.mjs').Table>} */
  const { runtimes, compilers, applications, others } = await evidence('compatibility');
  /** @type {import('../reliability/evidence.mjs').ServersReport} */
  const { servers } = await evidence('servers');
  const text = [
    '# Compatibility',
    'TL;DR: each cell is a combination that `npm run matrix` has installed from the packed library, as a user would, and run. The servers were tried by `npm run servers`. These runs write this page.',
    '## Node.js, Nest, ioredis and module systems',
    'The program boots two instances on a real Redis: one caches, the other evicts everywhere, and the first one loads again. It also uses `/redis` and `/testing`.',
    markdown(runtimes),
    '`require` of an ES module, which CommonJS needs with Nest 12, works from Node.js 20.19 on.',
    '## Redis and Valkey',
    'The tests that need a real server, on servers as Debian packages them: the faults and topologies, the contract of a bridge, refusals and permissions. `npm run servers` fetches the servers and runs the tests; [reliability](reliability.md#other-servers) has the figures. Everything else on this page, and in CI, runs on the Redis 7.0 of Debian 12.',
    table(
      ['server', 'package', 'tests', 'outcome'],
      servers.map(({ server, source, passed, failed }) => [
        server,
        source,
        `${passed + failed.length}`,
        failed.length === 0 ? 'works' : `**${failed.length} fail**`,
      ]),
    ),
    '## Proxies, process managers, tracing',
    'What often stands around the cache. The tests named here run with all others.',
    table(['what', 'what was tried', 'outcome'], await surroundings()),
    '## TypeScript and module settings',
    'The snippets of the README and every sub-path are compiled. A dash: Nest itself does not compile there.',
    markdown(compilers),
    '## Applications as Nest generates them',
    "`npx @nestjs/cli new`, then the README's thirty seconds, with no configuration added. Nest 11 tests with Jest, Nest 12 with Vitest. What was built is run on a real Redis.",
    markdown(applications),
    '## Other runtimes',
    markdown(others),
    'On Deno, `app.enableShutdownHooks()` needs its signals named: `app.enableShutdownHooks([ShutdownSignal.SIGINT, ShutdownSignal.SIGTERM])`. Without a list Nest listens to every signal that it knows, and Deno refuses some of them.',
  ].join('\n\n');
  return format(text, { ...(await resolveConfig(inRepository('README.md'))), parser: 'markdown' });
}

/** @returns {Promise<string[][]>} */
async function surroundings() {
  /** @type {import('../../test/redis-servers/idle.js').IdleReport} */
  const idle = await evidence('idle');
  /** @type {{ devDependencies: Record<string, string> }} */
  const { devDependencies } = JSON.parse(await readFile(inRepository('package.json'), 'utf8'));
  const isQuiet = idle.reconnects === 0 && idle.lines === 0 && idle.eviction === 'accepted';
  return [
    [
      `HAProxy ${idle.haproxy}`,
      `\`npm run idle\`: idle timeouts of ${idle.timeout} s, and nobody evicts for ${idle.minutes} minutes. [Redis servers](redis-servers.md#idle-connections) has the settings.`,
      isQuiet ? 'works' : '**fails**',
    ],
    ['twemproxy', '`npm run causes`: it knows no scripts and no pub/sub.', 'cannot work; the log says so'],
    [
      `PM2 ${devDependencies['pm2']}`,
      '`test/e2e/pm2.spec.ts`: `stop`, `restart` and `reload`, with Redis and without it. [Options](options.md#boot-and-shutdown) has the time that it needs.',
      'works',
    ],
    [
      `OpenTelemetry's instrumentation of ioredis ${devDependencies['@opentelemetry/instrumentation-ioredis']}`,
      '`test/integration/redis-tracing.spec.ts`: with its default settings, no span of the cache and no evicted key in any span.',
      'works',
    ],
  ];
}

/** @param {import('./cell.mjs').Table | undefined} given */
function markdown(given) {
  if (!given) return '';
  const notes = new Set();
  const rows = given.rows.map((row) => [
    row,
    ...given.columns.map((column) => {
      const outcome = given.cells[row]?.[column];
      if (outcome?.works === undefined && outcome?.note !== undefined) notes.add(`${row}, ${column}: ${outcome.note}`);
      return outcome?.works === undefined ? '–' : outcome.works ? 'works' : '**fails**';
    }),
  ]);
  const remarks = [...notes].map((note) => `- ${note}`).join('\n');
  return [table(['', ...given.columns], rows), remarks].filter((part) => part !== '').join('\n\n');
}
