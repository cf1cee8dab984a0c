import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSample } from '../support/instances/sample-application.js';
import { eventually } from '../support/common/eventually.js';
import { request } from '../support/instances/sample-client.js';
import { usingRedis } from '../support/redis/using-redis.js';

const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');

const redis = usingRedis();

interface Health {
  readonly status: string;
  readonly details: { readonly cache: { readonly state: string } };
}

describe('the sample', () => {
  it('shows every documented metric, its API, and its health, which is degraded and never fails while Redis is away', async () => {
    const sample = await startSample({ redisConnectionString: redis.connectionString, instances: 2 });
    onTestFinished(() => sample.stop());
    const [first = '', second = ''] = sample.instances;
    const metrics = async (instance: string): Promise<string> => (await fetch(`${instance}/metrics`)).text();
    const health = async (): Promise<string[]> => {
      const answers = await Promise.all(sample.instances.map((each) => request<Health>('GET', `${each}/health`)));
      return answers.map(({ code, body }) => `${code} ${body.status} ${body.details.cache.state}`);
    };

    await request('GET', `${first}/products/1`);
    await request('GET', `${first}/products/1`);
    await request('PUT', `${second}/products/1`, { price: 7 });
    await eventually(async () =>
      expect(await metrics(first)).toMatch(/^distributed_cache_messages_received_total\{.*\} [1-9]/m),
    );
    const documented = new Set(page.match(/\bdistributed_cache_[a-z_]+\b/g));
    const scraped = Array.from(
      (await metrics(first)).matchAll(/^# TYPE (distributed_cache_\w+)/gm),
      ([, name]) => name,
    );
    expect(scraped.filter((name) => name !== undefined && documented.has(name))).toEqual(scraped);
    for (const name of documented) expect(scraped).toContain(name);
    expect(await metrics(first)).toMatch(
      /^distributed_cache_hits_total\{cache="distributed-cache",region="products"\} 1$/m,
    );
    expect(await metrics(sample.frontDoor)).toContain('process_cpu_seconds_total');

    expect(await (await fetch(`${sample.frontDoor}/docs`)).text()).toContain('Swagger UI');
    const api = await (await fetch(`${first}/docs-json`)).text();
    expect(JSON.parse(api)).toMatchObject({
      components: {
        schemas: {
          CreateProductDto: {
            required: ['name', 'category', 'description', 'price', 'stock'],
            properties: { name: { type: 'string', minLength: 1, maxLength: 200 } },
          },
        },
      },
    });

    expect(await health()).toEqual(Array(2).fill('200 ok coherent'));
    await redis.kill();
    await eventually(async () => expect(await health()).toEqual(Array(2).fill('200 degraded disconnected')));
    expect(await metrics(first)).toContain('distributed_cache_state{cache="distributed-cache",state="disconnected"} 1');
    expect((await request('GET', `${sample.frontDoor}/health/live`)).code).toBe(200);
    await redis.restart();
    await eventually(async () => expect(await health()).toEqual(Array(2).fill('200 ok coherent')));
  });

  it('makes spans of requests and of loads in them, if OpenTelemetry is told where they go', async () => {
    const sample = await startSample({
      redisConnectionString: redis.connectionString,
      instances: 1,
      environment: { OTEL_TRACES_EXPORTER: 'console' },
    });
    await request('GET', `${sample.frontDoor}/products/1`);
    // What has not been shown yet is shown at the end.
    await sample.stop();
    const [, span = ''] =
      /\n\[\d+\] {3}parentSpanContext: \{([^}]*)\}[^}]*name: 'cache load'/.exec(sample.output) ?? [];
    const [, parent = ''] = /spanId: '(\w+)'/.exec(span) ?? [];
    expect(sample.output).toMatch(new RegExp(`name: 'GET',[^}]*id: '${parent}'`));
  });
});
