import { number } from '../../tools/figures.mjs';
import { table } from '../../tools/markdown.mjs';
import { apply, evidence, markedPage } from '../../tools/marked-page.mjs';

/**
 * Writes docs/redis-servers.md from the evidence.
 *
 * @param {{ check: boolean, command: string }} options as `apply` takes them
 */
export async function writeRedisServersPage(options) {
  const page = await markedPage({
    name: 'redis-servers.md',
    parts: [
      ['policies', policiesTable(await evidence('policies'))],
      ['idle', idleTable(await evidence('idle'))],
    ],
  });
  await apply('docs/redis-servers.md', [page], options);
}

/** @param {import('../../test/redis-servers/policies.js').PoliciesReport} report */
function policiesTable({ redis, seconds, maxmemory, maxStaleness, instances, policies }) {
  const rows = policies.map(({ policy, flushes, stalest, lines, evictedKeys, refusedWrites, undelivered }) => [
    `\`${policy}\``,
    flushes.join(', '),
    `${stalest} ms`,
    linesIn(lines, instances),
    number(evictedKeys),
    number(refusedWrites),
    number(undelivered),
  ]);
  const head = [
    'policy',
    'flushes of each instance',
    'stalest read after its eviction',
    'lines',
    'keys that the server evicted',
    'writes of the other client that it refused',
    'evictions not yet in the log at the end',
  ];
  const about = `Redis ${redis} with \`maxmemory ${maxmemory}\`, ${instances} instances with a \`maxStaleness\` of ${maxStaleness / 1_000} s, and for ${seconds} s another client that writes keys which expire.`;
  return `${about}\n\n${table(head, rows)}`;
}

/** @param {Readonly<Record<string, number>>} lines @param {number} instances */
function linesIn(lines, instances) {
  const said = Object.entries(lines).map(([line, count]) => {
    const [level = '', ...message] = line.split(': ');
    const [beginning] = message.join(': ').split(/[,:;]/);
    return `${count} × \`${level}\` "${beginning} …"`;
  });
  return said.length === 0 ? 'none' : `${said.join('; ')} (all ${instances} instances together)`;
}

/** @param {import('../../test/redis-servers/idle.js').IdleReport} report */
function idleTable(report) {
  return table(
    ['what', 'seen'],
    [
      [
        'in front of Redis',
        `HAProxy ${report.haproxy}, \`timeout client ${report.timeout}s\`, \`timeout server ${report.timeout}s\``,
      ],
      ['server', `Redis ${report.redis} with one replica`],
      ['instances, and their connections', `${report.instances}, ${report.connections}`],
      ['nobody evicted for', `${report.minutes} minutes`],
      ['reconnects (good: 0)', `${report.reconnects}`],
      ['lines at `warn` or `error` (good: 0)', `${report.lines}`],
      ["the eviction after that, with `onUndelivered: 'throw'` and `minReplicas: 1`", report.eviction],
    ],
  );
}
