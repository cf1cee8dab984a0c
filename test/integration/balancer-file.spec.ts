import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { findHaproxy, HOW_TO_INSTALL_HAPROXY } from '../../tools/haproxy.mjs';
import { inRepository } from '../../tools/repository.mjs';

it('the balancer of deploy/docker has a configuration that HAProxy takes without a warning', async () => {
  const program = await findHaproxy();
  if (program === undefined) throw new Error(HOW_TO_INSTALL_HAPROXY);
  const checked = await promisify(execFile)(program, ['-c', '-dW', '-f', inRepository('deploy/docker/haproxy.cfg')]);
  expect(checked.stdout).toContain('Configuration file is valid');
});
