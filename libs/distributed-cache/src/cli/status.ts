import type { Answer } from '../protocol/question.js';
import type { ObservedNamespace } from '../protocol/observation.js';
import { entriesOf, hitRateOf, propertyOf } from '../observer/answer-figures.js';
import { silenceOf, type Silence } from '../observer/silence.js';
import type { ListedMember } from '../protocol/member.js';
import { shown } from './answers.js';
import { EXIT, type Surroundings } from './surroundings.js';
import { bytes, percent, table, time } from './table.js';
import { observing, type TargetOptions } from './target.js';

/** The state of an instance that needs no attention. */
const GOOD = 'coherent';

/** `status`: the members, and the log. It is bad when an instance is not coherent, or is cut off or gone. @internal */
export async function status(options: TargetOptions, surroundings: Surroundings): Promise<number> {
  const { look, answers } = await observing(options, surroundings, {}, async (observer) => {
    const seen = await observer.look();
    return { look: seen, answers: await observer.ask({ ask: 'stats' }, seen.members.length) };
  });
  const instances = instancesOf(look, answers);
  surroundings.out(
    options.json
      ? `${JSON.stringify({ namespace: options.namespace, log: look.log, run: look.run, instances: instances.map(inJson) }, undefined, 2)}\n`
      : page(options.namespace, look, instances),
  );
  return instances.every((instance) => isGood(stateOf(instance))) ? EXIT.done : EXIT.bad;
}

/** One that does not answer may be of an older version. */
function isGood(state: unknown): boolean {
  return state === GOOD || state === ('no answer' satisfies Silence);
}

function stateOf({ answer, listed }: Instance): unknown {
  return answer ? propertyOf(answer, 'status', 'state') : silenceOf(listed);
}

interface Instance {
  readonly instanceId: string;
  /** As it is on the list of members; `undefined`: it is not. */
  readonly listed: ListedMember | undefined;
  /** What it says; `undefined`: it does not answer. */
  readonly answer: Answer | undefined;
}

function instancesOf({ members }: ObservedNamespace, answers: readonly Answer[]): Instance[] {
  const byId = new Map(answers.map((answer) => [answer.from, answer]));
  const all = members.map((listed) => {
    const { instanceId } = listed.member;
    const answer = byId.get(instanceId);
    byId.delete(instanceId);
    return { instanceId, listed, answer };
  });
  const others = [...byId].map(([instanceId, answer]) => ({ instanceId, listed: undefined, answer }));
  return [...all, ...others].toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
}

function inJson({ instanceId, listed, answer }: Instance): object {
  return { instanceId, syncAge: listed?.syncAge, answer };
}

function page(namespace: string, { log }: ObservedNamespace, instances: readonly Instance[]): string {
  const rows = instances.map(({ instanceId, listed, answer }) => [
    shown(instanceId),
    shown(stateOf({ instanceId, listed, answer })),
    time(listed?.syncAge),
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
  const size = [
    log.length < 0
      ? 'its length is not told (that takes the rule of an observer: aclRule({ observer: true }))'
      : `${log.length} entries`,
    ...(log.memory === undefined ? [] : [bytes(log.memory)]),
  ].join(', ');
  const newest = log.newestAge === undefined ? 'it is empty' : `the newest ${time(log.newestAge)} old`;
  const cutOff = instances.filter((instance) => stateOf(instance) === ('cut off or gone' satisfies Silence));
  const hasSilent = instances.some((instance) => stateOf(instance) === ('no answer' satisfies Silence));
  return [
    `Namespace ${shown(namespace)}: ${instances.length === 1 ? 'one instance' : `${instances.length} instances`}.\n`,
    `Log: ${size}, ${newest}.\n\n`,
    instances.length > 0 ? table(columns, rows) : 'There is no instance. Is it the namespace of the application?\n',
    cutOff.length > 0 ? '\n' : '',
    ...cutOff.map(({ instanceId, listed }) => (listed ? `${shown(instanceId)} ${whatIsCutOff(listed)}\n` : '')),
    hasSilent
      ? '\nNo answer: the instance is busy or was just cut off, is of an older version, was told not to answer, or may not listen to questions.\n'
      : '',
  ].join('');
}

function whatIsCutOff({ syncAge, member: { maxStaleness } }: ListedMember): string {
  const effect =
    syncAge < maxStaleness
      ? `it may serve what others evict for ${time(maxStaleness - syncAge)} more, then it loads anew`
      : 'it does not trust its old copies any more, and loads anew';
  return `is cut off or gone: Redis has not heard of it for ${time(syncAge)}. If it still runs, ${effect}.`;
}
