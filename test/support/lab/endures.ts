import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect } from 'vitest';
import { rounded } from '../../../tools/statistics.mjs';
import { SLACK } from '../../coherence/history.js';
import type { Violation } from '../../coherence/violation.js';
import { recordEvidence, type FaultEvidence } from './evidence.js';
import type { FaultLab } from './fault-lab.js';
import { difference, tallyOf } from './tally.js';
import { until } from './waits.js';

type Measured = Readonly<Record<string, number>>;

/** A fault to be endured. */
export interface Trial {
  /** Its name in the evidence; without one it leaves none. */
  readonly fault?: string | undefined;
  /** What is done, in a sentence. */
  readonly done: string;
  begin(): unknown;
  /** Resolves when it has lasted long enough. */
  lasts(): Promise<unknown>;
  end?(): unknown;
  /** What else goes into the evidence; asked when the traffic has ended. */
  measured?(): Measured | Promise<Measured>;
}

/** What a settling may take of itself, in ms; only a busy machine adds to it, and that is measured. */
const PROMPTLY = 150;

/**
 * Lets the lab go through a fault with its traffic running, waits until all is well again, and says what was seen. The outcome is `'kept'`
 * when no promise was broken.
 */
export async function endures(shop: FaultLab, trial: Trial): Promise<FaultEvidence> {
  const { history, traffic } = shop;
  const before = tallyOf(shop);
  for (const each of traffic) each.measureAnew();
  const stalls = monitorEventLoopDelay({ resolution: 5 });
  stalls.enable();

  await trial.begin();
  await trial.lasts();
  await trial.end?.();
  const endedAt = performance.now();
  await shop.untilHealthy(endedAt);
  const recoveredIn = performance.now() - endedAt;

  await quiesce(shop);
  stalls.disable();
  history.expectAgreement();
  const { bridge, ...counts } = difference(tallyOf(shop), before);
  const seen = {
    fault: trial.fault ?? '',
    done: trial.done,
    instances: shop.instances.length,
    ...counts,
    worstStaleness: Math.round(shop.staleReads.worst()),
    bound: shop.maxStaleness + SLACK,
    longestEvict: Math.round(Math.max(...traffic.map(({ longestEvict }) => longestEvict))),
    longestRead: Math.round(Math.max(...traffic.map(({ longestRead }) => longestRead))),
    recoveredIn: Math.round(recoveredIn),
    bridge,
    ...everywhereOf(shop),
    ...(trial.measured && { measured: roundedAll(await trial.measured()) }),
  };
  const broken = brokenPromises(shop, seen, (2 * stalls.max) / 1e6);
  const evidence = { ...seen, outcome: broken.length === 0 ? 'kept' : broken.slice(0, 10).join('; ') };
  if (trial.fault) await recordEvidence(evidence);
  return evidence;
}

/** Ends the traffic when all of what was written has arrived everywhere. */
async function quiesce({ admin, instances, traffic, witness }: FaultLab): Promise<void> {
  await Promise.all(traffic.map((each) => each.stopWriting()));
  await until(() => expect(instances.map(({ cache }) => cache.status().outbox)).toEqual(instances.map(() => 0)));
  await until(async () => {
    const [newest] = await admin.xrevrange('{lab}:log', '+', '-', 'COUNT', 1);
    expect(instances.map(({ cache }) => cache.status().position)).toEqual(instances.map(() => newest?.[0]));
  });
  await Promise.all(traffic.map((each) => each.stop()));
  await witness.read();
}

/** @param held - for how long, in ms, the machine may have held up anything that was measured */
function brokenPromises(
  { history, traffic, publishTimeout }: FaultLab,
  { worstStaleness, bound, longestEvict, longestRead }: Omit<FaultEvidence, 'outcome'>,
  held: number,
): string[] {
  const broken = [...history.violations.map(textOf), ...traffic.flatMap(({ errors }) => errors)];
  if (worstStaleness > bound) broken.push(`a read was stale by ${worstStaleness} ms`);
  if (longestEvict > publishTimeout + PROMPTLY + held) broken.push(`an evict() took ${longestEvict} ms`);
  if (longestRead > PROMPTLY + held) broken.push(`a read took ${longestRead} ms`);
  return broken;
}

function everywhereOf({ traffic }: FaultLab): Pick<FaultEvidence, 'everywhere'> {
  const each = traffic.map(({ everywhere }) => everywhere);
  const confirmed = each.reduce((sum, one) => sum + one.confirmed, 0);
  const gaveUp = each.reduce((sum, one) => sum + one.gaveUp, 0);
  if (confirmed + gaveUp === 0) return {};
  return { everywhere: { confirmed, gaveUp, longest: Math.round(Math.max(...each.map(({ longest }) => longest))) } };
}

function textOf({ promise, instance, region, key, details }: Violation): string {
  return `${promise}: ${instance} ${region}/${key} ${JSON.stringify(details)}`;
}

function roundedAll(measured: Measured): Measured {
  return Object.fromEntries(Object.entries(measured).map(([name, value]) => [name, rounded(value)]));
}
