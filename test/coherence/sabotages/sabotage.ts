import type { Theme } from '../themes/theme.js';
import type { InvalidationBridge } from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';

/** Takes out one mechanism of the protocol. The checker must then find a broken promise. */
export interface Sabotage {
  /** Takes it out of the library; the returned function puts it back. */
  readonly disable?: () => () => void;
  /** Takes it out of what the bridge tells the library. */
  readonly tamper?: (bridge: InvalidationBridge) => InvalidationBridge;
  /** What the schedules are about that are to notice it. Default: anything, since most mechanisms are missed everywhere. */
  readonly theme?: Theme;
  /** Whether it takes more than a few hundred schedules to notice: too many for a test, and not for `check:coherence --teeth`. */
  readonly isRare?: boolean;
}

/** Sabotages, by the mechanism that each takes out. */
export type Sabotages = Readonly<Record<string, Sabotage>>;
