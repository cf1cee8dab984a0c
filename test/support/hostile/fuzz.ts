import { decodeInvalidation } from '../../../libs/distributed-cache/src/protocol/invalidation-message.js';
import { decodeMember, mayServeFor } from '../../../libs/distributed-cache/src/protocol/member.js';
import { InvalidConnectionStringError } from '../../../libs/distributed-cache/src/errors.js';
import { parseRedisConnectionString } from '../../../libs/distributed-cache/src/redis/connection-string/connection-string.js';
import { readDoorbell } from '../../../libs/distributed-cache/src/redis/link/doorbell-text.js';
import { HostileWorld } from './hostile-world.js';
import { hostileConnectionString, hostileMember, hostileMessage, type HostileMessage } from './hostile-message.js';
import { heapInUse } from './heap.js';
import { Random } from '../../../tools/random.mjs';

export interface FuzzOptions {
  readonly messages: number;
  readonly seed: number;
  /** Called now and then with how many messages have been sent. */
  readonly progress?: ((sent: number) => void) | undefined;
}

/** Something that must not happen. `message` counts from 1: a run of so many messages with the same seed ends with it. */
export interface FuzzFailure {
  readonly message: number;
  readonly problem: string;
  readonly mutations: readonly string[];
  readonly text: string;
}

export interface FuzzReport {
  readonly seed: number;
  readonly messages: number;
  readonly understood: number;
  readonly refused: number;
  readonly connectionStrings: number;
  readonly connectionStringsRefused: number;
  readonly mutations: Readonly<Record<string, number>>;
  /** What the first of the instances counted. */
  readonly bridge: object;
  readonly simulatedSeconds: number;
  readonly syncs: number;
  readonly logLines: number;
  /** Bytes in use after a garbage collection: after a tenth of the messages, and after the last. */
  readonly heap: { readonly early: number; readonly late: number };
  readonly failures: readonly FuzzFailure[];
}

/** As many messages leave in one go; in between, time passes and the instances are asked whether they are well. */
const BATCH = 500;
const MOST_FAILURES = 20;
const LONGEST_SHOWN = 2_000;

/** Feeds mutated real messages to the decoders and to a cluster of instances. Everything follows from the seed. */
export async function fuzz({ messages, seed, progress }: FuzzOptions): Promise<FuzzReport> {
  const random = new Random(seed);
  const failures: FuzzFailure[] = [];
  const mutations: Record<string, number> = {};
  let sent = 0;
  let current: HostileMessage = { text: '', mutations: [] };
  const failed = (problem: string, text = current.text): void => {
    if (failures.length === MOST_FAILURES) return;
    failures.push({ message: sent, problem, mutations: current.mutations, text: text.slice(0, LONGEST_SHOWN) });
  };
  const world = await HostileWorld.open((doorbell, error) =>
    failed(`a listener threw ${String(error)}`, doorbell.payload),
  );
  const counts = { understood: 0, refused: 0, connectionStrings: 0, connectionStringsRefused: 0 };
  let early = 0;

  while (sent < messages) {
    for (const end = Math.min(messages, sent + BATCH); sent < end;) {
      sent += 1;
      current = hostileMessage(random);
      for (const mutation of current.mutations) mutations[mutation] = (mutations[mutation] ?? 0) + 1;
      try {
        const decoded = decodeInvalidation(readDoorbell(current.text).payload);
        counts[decoded.ok ? 'understood' : 'refused'] += 1;
      } catch (error) {
        failed(`a decoder threw ${String(error)}`);
      }
      world.say(current.text, random);
      if (sent % 10 !== 0) continue;
      readConnectionString(hostileConnectionString(random), counts, failed);
      readMember(hostileMember(random), failed);
    }
    for (const problem of await world.pass()) failed(problem);
    if (early === 0 && sent >= messages / 10) early = await heapInUse();
    progress?.(sent);
  }
  for (const problem of await world.settle()) failed(problem);
  const late = await heapInUse();
  return { seed, messages: sent, ...counts, mutations, ...world.summary(), heap: { early, late }, failures };
}

function readConnectionString(
  text: string,
  counts: { connectionStrings: number; connectionStringsRefused: number },
  failed: (problem: string, text: string) => void,
): void {
  counts.connectionStrings += 1;
  try {
    parseRedisConnectionString(text);
  } catch (error) {
    counts.connectionStringsRefused += 1;
    if (!(error instanceof InvalidConnectionStringError))
      failed(`parseRedisConnectionString threw ${String(error)}`, text);
  }
}

/** However spoiled it is, it must be known until when that member may serve: for ever, if need be. */
function readMember(text: string, failed: (problem: string, text: string) => void): void {
  try {
    const member = decodeMember(text);
    if (Number.isNaN(mayServeFor(member, 1_000, [{ kind: 'everything' }])))
      failed('a member may serve until nobody knows when', text);
  } catch (error) {
    failed(`decodeMember threw ${String(error)}`, text);
  }
}
