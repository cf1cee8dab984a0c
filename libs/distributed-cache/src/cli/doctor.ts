import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { milliseconds } from '../common/duration.js';
import { errorFrom } from '../common/error-from.js';
import { decodeInvalidation } from '../protocol/invalidation-message.js';
import type { ListedMember } from '../protocol/member.js';
import { NOT_PUBLISHED } from '../redis/link/redis-link.js';
import type { RedisObservation } from '../redis/link/redis-observation.js';
import { RedisInvalidationBridge } from '../redis/redis-invalidation-bridge.js';
import { shown } from './answers.js';
import { Examination, type Finding } from './examination.js';
import { guestAmong } from './guest.js';
import { Permissions } from './permissions.js';
import { lookAtNamespace, lookAtServer } from './server-findings.js';
import { EXIT, type Surroundings } from './surroundings.js';
import { time } from './table.js';
import { connectionStringOf, type TargetOptions } from './target.js';

/** @internal */
export interface DoctorCommand extends TargetOptions {
  readonly idle?: string | undefined;
}

/** How long an own message may be on its way, in ms. */
const PATIENCE = 5_000;

/**
 * `doctor`: joins as an instance would, evicts a key that nobody has, and looks at the server. Each finding says what it means and how to
 * mend it. It is bad when something does not work.
 *
 * @internal
 */
export async function doctor(options: DoctorCommand, surroundings: Surroundings): Promise<number> {
  const idle = options.idle === undefined ? 0 : milliseconds(options.idle, '--idle');
  const connectionString = connectionStringOf(options, surroundings);
  const examination = new Examination((finding) => {
    if (!options.json) surroundings.out(lineOf(finding));
  });
  const bridge = new RedisInvalidationBridge({ connectionString });
  const permissions = new Permissions(connectionString, options.namespace);
  await examine(
    { bridge, permissions, namespace: options.namespace, examination, own: new OwnEviction() },
    surroundings,
    idle,
  );
  if (options.json) surroundings.out(`${JSON.stringify(examination.findings, undefined, 2)}\n`);
  else surroundings.out(`\n${verdict(examination.findings)}\n`);
  return examination.hasFailed ? EXIT.bad : EXIT.done;
}

/** What is examined, and to whom it is told. */
interface Case {
  readonly bridge: RedisInvalidationBridge;
  readonly permissions: Permissions;
  readonly namespace: string;
  readonly examination: Examination;
  readonly own: OwnEviction;
}

async function examine(patient: Case, { signal }: Surroundings, idle: number): Promise<void> {
  const { bridge, permissions, namespace, examination, own } = patient;
  const observation = await bridge
    .observe(namespace, { heard: ({ payload }) => own.heard(payload), answered() {}, broken() {} }, signal)
    .catch(async (error: unknown) => {
      const message = await permissions.explained(errorFrom(error).message);
      examination.failed('connection', `${bridge.target} cannot be used: ${message}`);
    });
  if (!observation) return;
  try {
    examination.ok('connection', `connected to ${bridge.target}`);
    const found = await observation.look().catch(async (error: unknown) => {
      const message = await permissions.explained(errorFrom(error).message, observation);
      examination.failed('log', `the log and the list of members cannot be read: ${message}`);
    });
    await joinAsInstance(patient, found?.members ?? [], observation);
    await lookAtServer(observation, examination, { idle, signal });
    if (found) await lookAtNamespace(observation, namespace, examination);
  } finally {
    observation.close();
  }
}

/** Does what an instance does, and takes over what one would log. */
async function joinAsInstance(
  { bridge, permissions, namespace, examination, own }: Case,
  members: readonly ListedMember[],
  observation: RedisObservation,
): Promise<void> {
  const cache = guestAmong(members, namespace, bridge, examination.logger);
  let step = 'sync';
  try {
    await cache.firstSync(1);
    examination.ok(step, 'an instance can join: the script runs, and the log and the list of members can be written');
    step = 'eviction';
    const region = cache.region(own.region);
    // The first sends the script, the second its digest.
    for (const key of ['1', '2']) {
      own.isSent();
      await region.evict(key);
    }
    examination.ok(step, 'the log takes evictions');
    const refusal = examination.takeCause(NOT_PUBLISHED);
    if (refusal === undefined) await heardItself(own, examination);
    else examination.failed('channel', `${NOT_PUBLISHED}: ${await permissions.explained(refusal, observation)}`);
  } catch (error) {
    // The instance names the answer of the server, where the eviction only says that it has waited for it.
    const cause = examination.takeCause() ?? errorFrom(error).message;
    examination.failed(step, await permissions.explained(cause, observation));
  } finally {
    examination.listenNoMore();
    await cache.close();
  }
}

async function heardItself({ tookAtMost }: OwnEviction, examination: Examination): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (performance.now() < deadline) {
    const longest = tookAtMost();
    if (longest !== undefined) {
      examination.ok('channel', `the channel brings messages: ${time(longest)} there and back`);
      return;
    }
    await wait(20);
  }
  examination.failed(
    'channel',
    'the channel brought nothing within 5 s: evictions reach the other instances only with their next sync. Allow SUBSCRIBE and PUBLISH on the channels of the namespace (aclRule), and no proxy that drops them',
  );
}

/** The evictions of the doctor, as the channel brings them. The sync of an instance brings them too, and says nothing about the channel. */
class OwnEviction {
  readonly region = `doctor ${randomUUID()}`;
  #sentAt = 0;
  #longest: number | undefined;

  isSent(): void {
    this.#sentAt = performance.now();
  }

  readonly heard = (payload: string): void => {
    const decoded = decodeInvalidation(payload);
    if (!decoded.ok || !decoded.message.invalidation.keys.has(this.region)) return;
    this.#longest = Math.max(this.#longest ?? 0, performance.now() - this.#sentAt);
  };

  /** In ms; `undefined`: nothing was heard. */
  readonly tookAtMost = (): number | undefined => this.#longest;
}

const SIGNS = { ok: 'ok  ', warn: 'warn', failed: 'FAIL' } as const;

function lineOf({ level, check, message }: Finding): string {
  return `${SIGNS[level]}  ${check.padEnd(12)}  ${shown(message)}\n`;
}

function verdict(findings: readonly Finding[]): string {
  const failed = findings.filter(({ level }) => level === 'failed').length;
  const warned = findings.filter(({ level }) => level === 'warn').length;
  if (failed > 0) return `${failed === 1 ? 'One thing does' : `${failed} things do`} not work.`;
  return warned > 0
    ? `It works; ${warned === 1 ? 'one thing needs' : `${warned} things need`} attention.`
    : 'All is well.';
}
