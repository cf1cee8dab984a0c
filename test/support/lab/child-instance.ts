import { Child } from '../../../tools/child-process.mjs';
import { inRepository } from '../../../tools/repository.mjs';
import type { ChildCommands } from './child-main.js';

/** An instance of the application in a process of its own: what is done to it does not disturb the test process. */
export type ChildInstance = Child<ChildCommands>;

/** Starts an instance in a process of its own, and waits until it is coherent. */
export async function startChildInstance(connectionString: string, maxStaleness: number): Promise<ChildInstance> {
  const child = new Child<ChildCommands>(inRepository('tools/run-typescript.mjs'), {
    name: 'the instance',
    args: ['test/support/lab/child-main.ts', connectionString, `${maxStaleness}`],
  });
  await child.ready;
  return child;
}
