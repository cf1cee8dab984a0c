import type { InvalidationBridge } from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';

/** Takes out one mechanism of the protocol. The checker must then find a broken promise. */
export interface Sabotage {
  /** Takes it out of the library; the returned function puts it back. */
  readonly disable?: () => () => void;
  /** Takes it out of what the bridge tells the library. */
  readonly tamper?: (bridge: InvalidationBridge) => InvalidationBridge;
}

/** Sabotages, by the mechanism that each takes out. */
export type Sabotages = Readonly<Record<string, Sabotage>>;
