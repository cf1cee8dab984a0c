import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dockerCompose } from '../../tools/docker-compose.mjs';
import { inRepository } from '../../tools/repository.mjs';

const FILE = inRepository('deploy/docker/compose.yaml');

describe('deploy/docker/compose.yaml', () => {
  let compose: readonly [string, ...string[]];

  beforeAll(async () => {
    compose = await dockerCompose();
  }, 120_000);

  /** What Compose makes of the text of a file that stands where the real one does. */
  function config(text: string): { status: number | null; stdout: string; stderr: string } {
    const [program, ...args] = compose;
    const folder = inRepository('deploy/docker');
    return spawnSync(program, [...args, '--project-directory', folder, '--file', '-', 'config'], {
      input: text,
      encoding: 'utf8',
    });
  }

  it('is one that Docker Compose takes without a warning: three instances behind a balancer that waits for them', async () => {
    const { status, stdout, stderr } = config(await readFile(FILE, 'utf8'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(parse(stdout)).toMatchObject({
      services: {
        app: {
          deploy: { replicas: 3 },
          environment: { RedisConnectionString: 'redis://redis:6379' },
          stop_grace_period: '15s',
        },
        front: { depends_on: { app: { condition: 'service_healthy' } } },
      },
    });
  });

  it('with a misspelt field would be refused', async () => {
    const text = await readFile(FILE, 'utf8');
    const { status, stderr } = config(text.replace('stop_grace_period', 'stop_grace_time'));
    expect(status).not.toBe(0);
    expect(stderr).toContain('stop_grace_time');
  });
});
