import { BridgeUnderTest, type BridgeHarness } from './bridge-under-test.js';
import { CHANNEL_CLAUSES } from './channel-clauses.js';
import { LINK_CLAUSES } from './link-clauses.js';
import { MEMBER_CLAUSES } from './member-clauses.js';
import { SYNC_CLAUSES } from './sync-clauses.js';

/** One case of the contract, for any test runner. @publicApi */
export interface BridgeContractCase {
  /** What a bridge must do. Stands alone, and no two cases have the same. */
  readonly title: string;
  /** Runs the case on a harness of its own; rejects with an `AssertionError` when the bridge does not do it. */
  run(this: void): Promise<void>;
}

/** Options of `bridgeContract`. @publicApi */
export interface BridgeContractOptions {
  /** How long a case waits, in ms, for what must arrive: a message, an answer, a server that starts again. Default: 10 000. */
  readonly patience?: number | undefined;
}

/**
 * What every `InvalidationBridge` must do, whatever it speaks to, as a list of cases.
 *
 * @param makeHarness - called once for each case. Harnesses may share one server: each case uses a namespace of its own.
 *
 * @example
 * describe('MyBridge', () => {
 *   for (const { title, run } of bridgeContract(() => myHarness())) it(title, run);
 * });
 *
 * @publicApi
 */
export function bridgeContract(
  makeHarness: () => Promise<BridgeHarness>,
  { patience = 10_000 }: BridgeContractOptions = {},
): readonly BridgeContractCase[] {
  const clauses = [...CHANNEL_CLAUSES, ...SYNC_CLAUSES, ...MEMBER_CLAUSES, ...LINK_CLAUSES];
  return clauses.map(({ title, check }) => ({
    title,
    async run() {
      const bridge = new BridgeUnderTest(await makeHarness(), patience);
      try {
        await check(bridge);
      } finally {
        await bridge.close();
      }
    },
  }));
}
