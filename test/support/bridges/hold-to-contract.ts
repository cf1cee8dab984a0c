import { bridgeContract, type BridgeHarness } from 'nestjs-distributed-cache/testing';
import { describe, it } from 'vitest';

/** Makes a test of each case of the contract, as the author of any bridge does. */
export function holdToContract(bridge: string, makeHarness: () => Promise<BridgeHarness>): void {
  describe(`${bridge} as a bridge`, () => {
    // Titles and assertions are those of the contract.
    // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect
    for (const { title, run } of bridgeContract(makeHarness)) it(title, run);
  });
}
