import { format, resolveConfig } from 'prettier';
import { table } from '../../tools/markdown.mjs';
import { inRepository } from '../../tools/repository.mjs';

/**
 * docs/compatibility.md.
 *
 * @param {Record<string, import('./cell.mjs').Table>} tables
 * @param {import('../reliability/evidence.mjs').ServersReport} servers
 */
export async function compatibilityPage({ runtimes, compilers, applications, others }, { servers }) {
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
