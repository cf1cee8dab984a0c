import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from '../../tools/repository.mjs';
import { findPromtool } from '../../tools/promtool.mjs';
import { run } from '../../tools/system-packages.mjs';

const RULES = inRepository('libs/distributed-cache/prometheus/alerts.yml');

/**
 * Evaluates the alert rules over what was scraped, second by second, as Prometheus would.
 *
 * @param {object} given
 * @param {readonly (readonly import('./scrape.mjs').Scrape[])[]} given.scrapes of each second, those of the instances
 * @param {number} given.killedAt the index of the second in which Redis was killed
 * @param {number} given.secondsPerScrape as which each second is taken: more than one lets the rules see a short run as a longer one
 * @param {(line: string) => void} given.say
 * @returns {Promise<import('./report.mjs').AlertsReport | undefined>} `undefined` without promtool
 */
export async function evaluateAlerts({ scrapes, killedAt, secondsPerScrape, say }) {
  const promtool = await findPromtool({ say });
  if (promtool === undefined) return undefined;
  /** @type {string[]} */
  const fired = [];
  const firing = [];
  const seen = await alertsOf(promtool, scrapes, secondsPerScrape);
  for (const [second, alerts] of seen.entries()) {
    if (alerts.length > 0) firing.push(second - killedAt);
    for (const alert of alerts) if (!fired.includes(alert)) fired.push(alert);
  }
  return { fired, from: firing[0] ?? 0, to: firing.at(-1) ?? 0 };
}

/**
 * Which alerts fire in each second. promtool compares with what is expected, and tells what it got: so nothing is expected.
 *
 * @param {string} promtool
 * @param {readonly (readonly import('./scrape.mjs').Scrape[])[]} scrapes
 * @param {number} interval
 */
async function alertsOf(promtool, scrapes, interval) {
  const names = new Map(scrapes.flat().flatMap(({ series }) => [...series.keys()].map((name) => [name, name])));
  const instances = scrapes[0]?.length ?? 0;
  const series = [...names.keys()].flatMap((name) =>
    Array.from({ length: instances }, (_, instance) => ({
      series: name.replace('{', `{job="sample",instance="${instance}",`),
      values: scrapes.map((all) => all[instance]?.series.get(name) ?? '_').join(' '),
    })),
  );
  const questions = scrapes.map((_, second) => ({
    expr: 'ALERTS{alertstate="firing"}',
    eval_time: `${second * interval}s`,
    exp_samples: [{ labels: '{none="none"}', value: 0 }],
  }));
  const tests = {
    rule_files: [RULES],
    evaluation_interval: `${interval}s`,
    tests: [{ interval: `${interval}s`, input_series: series, promql_expr_test: questions }],
  };
  const folder = await mkdtemp(join(tmpdir(), 'alerts-'));
  try {
    // JSON is YAML.
    await writeFile(join(folder, 'tests.yml'), JSON.stringify(tests));
    const { output } = await run(promtool, ['test', 'rules', join(folder, 'tests.yml')]);
    const answers = Array.from(output.matchAll(/time: (\S+),\n(?:.*\n)*?\s*got:(.*)/g), ([, , got = '']) =>
      Array.from(got.matchAll(/alertname="(\w+)"/g), ([, alert = '']) => alert),
    );
    if (answers.length !== scrapes.length) throw new Error(`promtool answered ${answers.length} times:\n${output}`);
    return answers;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
