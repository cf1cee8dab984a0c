import { table } from '../../tools/markdown.mjs';
import { apply, evidence, markedPage } from '../../tools/marked-page.mjs';
import { FAULTS, STALE } from './faults.mjs';
import { LIBRARIES, LIBRARY_NAMES, outcomesOf } from './report.mjs';

/**
 * Writes docs/comparison.md from the evidence.
 *
 * @param {{ check: boolean, command: string }} options as `apply` takes them
 */
export async function writeComparisonPage(options) {
  const page = await markedPage({
    name: 'comparison.md',
    parts: [['faults', faultsTable(await evidence('comparison'))]],
  });
  await apply('docs/comparison.md', [page], options);
}

/** @param {import('./report.mjs').ComparisonReport} report */
function faultsTable({ date, node, redis, runs, versions, seen }) {
  const rows = Object.entries(FAULTS).map(([fault, { title }]) => [
    title,
    ...LIBRARIES.map((library) => cell(outcomesOf(seen, fault, library))),
  ]);
  const others = Object.entries(versions).map(([name, version]) => `\`${name}\` ${version}`);
  const about = `${others.join(', ')}, Redis ${redis}, Node ${node}; each fault ${runs} times with each library, on ${date}.`;
  return `${about}\n\n${table(['fault', ...LIBRARIES.map((library) => LIBRARY_NAMES[library])], rows)}`;
}

/** @param {readonly string[]} outcomes */
function cell(outcomes) {
  return outcomes.map((outcome) => (outcome === STALE ? `**${STALE}**` : outcome)).join(', or ');
}
