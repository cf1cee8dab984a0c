import { number } from '../../tools/figures.mjs';
import { table } from '../../tools/markdown.mjs';
import { apply, evidence, markedPage } from '../../tools/marked-page.mjs';

/**
 * Writes the section of docs/operations.md from the evidence.
 *
 * @param {{ check: boolean, command: string }} options as `apply` takes them
 */
export async function writeOperationsPage(options) {
  /** @type {import('./report.mjs').OutageReport} */
  const report = await evidence('outage');
  const page = await markedPage({ name: 'operations.md', parts: [['outage', section(report)]] });
  await apply('docs/operations.md', [page], options);
}

/** @param {import('./report.mjs').OutageReport} report */
function section({ instances, rate, phases, seconds, p99, reads, errors, failedProbes, lines, alerts }) {
  const about =
    `${instances} instances of the sample, ${rate} reads a second and instance, one change a second, the default options. ` +
    `Redis is killed at 0 s and started again, empty, at ${phases.outage} s.`;
  const last = seconds.at(-1)?.second ?? 0;
  const shown = seconds.filter(
    ({ second }, index) => second !== seconds[index - 1]?.second && isShown(second, phases.outage, last),
  );
  const rows = shown.map(({ second, health, hits, loads, outbox, outboxAge, leaseAge }) => [
    `${second} s`,
    Object.entries(health)
      .map(([status, count]) => `${count} \`${status}\``)
      .join(', '),
    number(hits),
    number(loads),
    number(outbox),
    `${outboxAge.toFixed(0)} s`,
    `${leaseAge.toFixed(0)} s`,
  ]);
  const head = ['at', '`/health`', 'hits a second', 'loads a second', 'outbox', 'its age', 'age of the lease'];
  const fired =
    alerts === undefined
      ? 'The alert rules were not evaluated.'
      : `Of all alert rules, ${alerts.fired.map((name) => `\`${name}\``).join(', ')} fired, from ${alerts.from} s to ${alerts.to} s.`;
  const facts = [
    `${number(reads)} reads, ${number(errors)} of which failed. ${number(failedProbes)} of the probes \`/health\` and \`/health/live\` had another status than 200.`,
    `With Redis away, the p99 of hits was ${p99.ratio.toFixed(2)} × as long as before, measured against an instance with another Redis, which lived, in the same seconds (${p99.outage.hits} ms and ${p99.outage.control} ms; before ${p99.before.hits} ms and ${p99.before.control} ms).`,
    fired,
    `Each of these lines was logged once by an instance: ${lines.map(({ level, text }) => `${level.toLowerCase()} "${text}"`).join('; ')}.`,
  ];
  return `${about}\n\n${table(head, rows)}\n\n${facts.map((fact) => `- ${fact}`).join('\n')}`;
}

/** What changes is shown second by second, the rest now and then. @param {number} second @param {number} end of the outage @param {number} last */
function isShown(second, end, last) {
  return [-10, -1, 0, 1, 2, 5, 10, 12, 20, 30, 60, end - 1, end, end + 1, end + 2, end + 5, last].includes(second);
}
