import { readFile } from 'node:fs/promises';
import { Registry } from 'prom-client';
import { collectCacheMetrics } from 'nestjs-distributed-cache/prometheus';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { instances } from '../../../../test/support/instances/instances.js';

const inPackage = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const inDocs = (path: string): Promise<string> =>
  readFile(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8');

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

/** What Prometheus adds when it scrapes. */
const OF_THE_SCRAPE = ['job', 'instance'];

/** The series of a real cache that has loaded, failed and evicted: which labels each has, and which values these take. */
async function series(): Promise<Map<string, Map<string, Set<string>>>> {
  const { a } = await instances(1).connected();
  const registry = new Registry();
  collectCacheMetrics(a, { registry });
  await a.region('products').getOrLoad('1', () => 1);
  await a
    .region('products')
    .getOrLoad('2', () => Promise.reject(new Error('away')))
    .catch(() => {});
  await a.region('products').evict('1');
  const found = new Map<string, Map<string, Set<string>>>();
  for (const [, name = '', labels = ''] of (await registry.metrics()).matchAll(/^(\w+)\{(.*)\} /gm)) {
    const values = found.get(name) ?? new Map<string, Set<string>>();
    found.set(name, values);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g))
      values.set(label, (values.get(label) ?? new Set()).add(value));
  }
  return found;
}

interface Use {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

/** Which metrics an expression of PromQL uses, and how it chooses among their series. */
function usesIn(expression: string): Use[] {
  return Array.from(expression.matchAll(/(distributed_cache_\w+)(?:\{([^}]*)\})?/g), ([, metric = '', text = '']) => ({
    metric,
    matchers: Array.from(text.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g), ([, label = '', operator = '', value = '']) => ({
      label,
      operator,
      value,
    })),
  }));
}

/** The labels that an expression groups by. */
function groupedBy(expression: string): string[] {
  return Array.from(expression.matchAll(/\b(?:by|on|without) \(([^)]*)\)/g)).flatMap(([, labels = '']) =>
    labels.split(', '),
  );
}

/** What an expression names that no cache has, in words. */
async function unknownIn(expression: string): Promise<string[]> {
  const known = await series();
  return usesIn(expression).flatMap(({ metric, matchers }) => {
    const labels = known.get(metric);
    if (!labels) return [`the metric ${metric}`];
    const chosen = matchers
      .filter(({ label }) => !OF_THE_SCRAPE.includes(label))
      .flatMap(({ label, operator, value }) => {
        const values = labels.get(label);
        if (!values) return [`the label ${label} of ${metric}`];
        if (value.startsWith('$')) return [];
        const wanted = operator === '=~' ? value.split('|') : [value];
        return wanted.filter((each) => !values.has(each)).map((each) => `${label}="${each}" of ${metric}`);
      });
    const grouped = groupedBy(expression).filter((label) => !labels.has(label) && !OF_THE_SCRAPE.includes(label));
    return [...chosen, ...grouped.map((label) => `the label ${label} of ${metric}`)];
  });
}

async function dashboard(): Promise<Dashboard> {
  const parsed: Dashboard = JSON.parse(await inPackage('grafana/dashboard.json'));
  return parsed;
}

function queriesOf({ panels, templating }: Dashboard): string[] {
  return [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...templating.list.flatMap(({ definition }) => definition ?? []),
  ];
}

async function rules(): Promise<readonly Rule[]> {
  const parsed: Rules = parse(await inPackage('prometheus/alerts.yml'));
  return parsed.groups.flatMap((group) => group.rules);
}

describe('the dashboard for Grafana', () => {
  it('asks only for metrics and labels that a cache has', async () => {
    const queries = queriesOf(await dashboard());
    expect(queries.length).toBeGreaterThan(30);
    for (const query of queries) {
      expect(usesIn(query)).not.toEqual([]);
      expect({ query, unknown: await unknownIn(query) }).toEqual({ query, unknown: [] });
    }
  });

  it('shows every metric', async () => {
    const shown = new Set(queriesOf(await dashboard()).flatMap((query) => usesIn(query).map(({ metric }) => metric)));
    // A histogram is shown by its buckets.
    const all = [...(await series()).keys()].filter((name) => !/_seconds_(count|sum)$/.test(name));
    expect([...shown].toSorted()).toEqual(all.toSorted());
  });

  it('has variables for the source of the data and for the cache, which every query follows', async () => {
    const { panels, templating } = await dashboard();
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'cache', 'instance', 'region']);
    for (const { targets = [] } of panels)
      for (const { expr, datasource } of targets) {
        expect(datasource.uid).toBe('${datasource}');
        for (const { matchers } of usesIn(expr))
          expect(matchers).toContainEqual({ label: 'cache', operator: '=~', value: '$cache' });
      }
  });

  it('has no panels that lie on each other', async () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of (await dashboard()).panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(x).toBeLessThan(24);
          expect(`${title} on ${taken.get(`${x}/${y}`)}`).toBe(`${title} on undefined`);
          taken.set(`${x}/${y}`, title);
        }
  });
});

describe('the alert rules for Prometheus', () => {
  it('ask only for metrics and labels that a cache has', async () => {
    const all = await rules();
    expect(all.length).toBeGreaterThan(8);
    for (const { alert, expr } of all) {
      expect(usesIn(expr)).not.toEqual([]);
      expect({ alert, unknown: await unknownIn(expr) }).toEqual({ alert, unknown: [] });
    }
  });

  it('each have a runbook: a page of that name which says what it means, what to do and when it is over', async () => {
    const all = await rules();
    for (const { alert, annotations } of all) {
      const [, page = ''] = /\/blob\/main\/docs\/(runbooks\/[a-z-]+\.md)$/.exec(annotations.runbook_url) ?? [];
      const text = await inDocs(page);
      expect(text).toMatch(new RegExp(`^# ${alert}\n`));
      for (const heading of ['What users see', 'Likely causes', 'What to do', 'When it is over'])
        expect(text).toContain(`\n## ${heading}\n`);
    }
    expect(new Set(all.map(({ annotations }) => annotations.runbook_url)).size).toBe(all.length);
  });

  it('fill their texts only with labels that their result has', async () => {
    for (const { expr, annotations } of await rules())
      for (const [, label = ''] of `${annotations.summary} ${annotations.description}`.matchAll(/\$labels\.(\w+)/g))
        expect(groupedBy(expr)).toContain(label);
  });
});
