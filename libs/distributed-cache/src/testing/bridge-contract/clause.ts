import type { BridgeUnderTest } from './bridge-under-test.js';

/** One sentence of the contract, and how a bridge is held to it. @internal */
export interface Clause {
  readonly title: string;
  check(this: void, bridge: BridgeUnderTest): Promise<void>;
}

/** @internal */
export function clause(title: string, check: (bridge: BridgeUnderTest) => Promise<void>): Clause {
  return { title, check };
}
