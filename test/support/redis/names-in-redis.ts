import { randomUUID } from 'node:crypto';
import { TestRunner } from 'vitest';

const namespaces = new WeakMap<object, string>();

/** The namespace of the test at hand: no other test has it, so that tests can share a server. */
export function testNamespace(): string {
  const test = TestRunner.getCurrentTest();
  if (!test) throw new Error('A namespace belongs to a test: ask for it within one, or in a hook before each.');
  const namespace = namespaces.get(test) ?? `test-${randomUUID()}`;
  namespaces.set(test, namespace);
  return namespace;
}

/** What the instances of a namespace use in Redis, by the names that docs/message-format.md gives. */
export interface NamesInRedis {
  readonly log: string;
  readonly members: string;
  readonly channel: string;
  /** The channel for acknowledgements that all share; those of one instance begin with its name. */
  readonly acks: string;
}

/** @param namespace - Default: that of the test at hand. */
export function namesInRedis(namespace = testNamespace()): NamesInRedis {
  return {
    log: `{${namespace}}:log`,
    members: `{${namespace}}:members`,
    channel: `{${namespace}}:invalidations`,
    acks: `{${namespace}}:acks`,
  };
}
