import type { Answer } from '../protocol/question.js';
import type { ObservedNamespace } from '../protocol/observation.js';
import { entriesOf, hitRateOf, propertyOf } from '../observer/answer-figures.js';
import { shown } from './answers.js';
import { EXIT, type Surroundings } from './surroundings.js';
import { bytes, percent, table, time } from './table.js';
import { observing, type TargetOptions } from './target.js';

/** The state of an instance that needs no attention. */
const GOOD = 'coherent';

/** `status`: the members, and the log. It is bad when an instance is not coherent, or does not answer although it may. @internal */
export async function status(options: TargetOptions, surroundings: Surroundings): Promise<number> {
  const { look, answers } = await observing(options, surroundings, {}, async (observer) => {
    const seen = await observer.look();
    return { look: seen, answers: await observer.ask({ ask: 'stats' }, seen.members.length) };
  });
  const instances = instancesOf(look, answers);
  surroundings.out(
    options.json
      ? `${JSON.stringify({ namespace: options.namespace, log: look.log, run: look.run, instances }, undefined, 2)}\n`
      : page(options.namespace, look, instances),
  );
  return instances.every(({ answer }) => !answer || propertyOf(answer, 'status', 'state') === GOOD)
    ? EXIT.done
    : EXIT.bad;
}

interface Instance {
  readonly instanceId: string;
  /** How long ago it synced, in ms; `undefined`: it is not on the list of members. */
  readonly syncAge: number | undefined;
  /** What it says; `undefined`: it does not answer. */
  readonly answer: Answer | undefined;
}

function instancesOf({ members }: ObservedNamespace, answers: readonly Answer[]): Instance[] {
  const byId = new Map(answers.map((answer) => [answer.from, answer]));
  const listed = members.map(({ member, syncAge }) => {
    const answer = byId.get(member.instanceId);
    byId.delete(member.instanceId);
    return { instanceId: member.instanceId, syncAge, answer };
  });
  const others = [...byId].map(([instanceId, answer]) => ({ instanceId, syncAge: undefined, answer }));
  return [...listed, ...others].toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
}

function page(namespace: string, { log }: ObservedNamespace, instances: readonly Instance[]): string {
  const rows = instances.map(({ instanceId, syncAge, answer }) => [
    shown(instanceId),
    answer ? shown(propertyOf(answer, 'status', 'state')) : 'no answer',
    time(syncAge),
    time(propertyOf(answer, 'status', 'leaseAge')),
    shown(propertyOf(answer, 'status', 'outbox')),
    percent(hitRateOf(answer)),
    shown(entriesOf(answer)),
    time(propertyOf(answer, 'stats', 'bridge', 'propagation', 'p99')),
  ]);
  const columns = [
    { heading: 'instance' },
    { heading: 'state' },
    { heading: 'synced', isNumeric: true },
    { heading: 'lease', isNumeric: true },
    { heading: 'outbox', isNumeric: true },
    { heading: 'hit rate', isNumeric: true },
    { heading: 'entries', isNumeric: true },
    { heading: 'propagation p99', isNumeric: true },
  ];
  const size = log.length < 0 ? 'its length is not told (XLEN is not allowed)' : `${log.length} entries`;
  const newest = log.newestAge === undefined ? 'it is empty' : `the newest ${time(log.newestAge)} old`;
  const silent = instances.filter(({ answer }) => !answer).length;
  return [
    `Namespace ${shown(namespace)}: ${instances.length === 1 ? 'one instance' : `${instances.length} instances`}.\n`,
    `Log: ${size}, ${bytes(log.memory)}, ${newest}.\n\n`,
    instances.length > 0 ? table(columns, rows) : 'There is no instance. Is it the namespace of the application?\n',
    silent > 0
      ? '\nNo answer: the instance is of an older version, was told not to answer, may not listen to questions, or is gone.\n'
      : '',
  ].join('');
}
