import { readdir, readFile } from 'node:fs/promises';
import { validateWorkflow } from '@action-validator/core';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inRepository } from './repository.mjs';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: { readonly name: string };
  readonly needs?: string;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = inRepository('.github/workflows');
const names = await readdir(FOLDER);
const textOf = (name: string): Promise<string> => readFile(`${FOLDER}/${name}`, 'utf8');
const workflowOf = async (name: string): Promise<Workflow> => parse(await textOf(name));
const stepsOf = ({ jobs }: Workflow): readonly Step[] => Object.values(jobs).flatMap(({ steps }) => steps);

describe.each(names)('the workflow %s', (name) => {
  it('is one that GitHub understands', async () => {
    expect(validateWorkflow(await textOf(name))).toMatchObject({ errors: [] });
  });

  it('names each action with its whole version, has a bound of time for each job, and no right that it does not name', async () => {
    const workflow = await workflowOf(name);
    const actions = stepsOf(workflow).flatMap(({ uses }) => uses ?? []);
    expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})$/.test(action))).toEqual([]);
    expect(Object.values(workflow.jobs).filter((job) => job['timeout-minutes'] === undefined)).toEqual([]);
    expect(workflow.permissions).toBeDefined();
  });
});

it('CI runs what .ci/run runs, and so does a release before it publishes', async () => {
  const [ci, release] = await Promise.all([workflowOf('ci.yml'), workflowOf('release.yml')]);
  expect(stepsOf(ci).map(({ run }) => run)).toContain('.ci/run');
  expect(release.jobs['verify']?.steps.map(({ run }) => run)).toContain('.ci/run');
  expect(release.jobs['publish']?.needs).toBe('verify');
});

it('a release is published with its provenance, by the identity of the workflow and not by a token', async () => {
  const { publish } = (await workflowOf('release.yml')).jobs;
  expect(publish?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  expect(publish?.environment?.name).toBe('npm');
  expect(publish?.steps.map(({ run }) => run)).toContain('npm publish --provenance --access public');
  expect(await textOf('release.yml')).not.toMatch(/NODE_AUTH_TOKEN|NPM_TOKEN|secrets\./);
});
