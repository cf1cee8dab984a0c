import type { InvalidationBridge } from '../../protocol/invalidation-bridge.js';

/** How the instances of the application reach each other, and the settings of the connection string that concern the boot. @internal */
export interface ChosenBridge {
  /** `undefined`: local mode. */
  readonly bridge: InvalidationBridge | undefined;
  /** Where the choice comes from, for the log line at boot. */
  readonly source: string;
  /** Equal for two caches that reach the same Redis or bridge; `undefined`: local mode, the cache reaches nobody. */
  readonly redisIdentity: unknown;
  readonly abortConnect: boolean;
  /** How many times to dial at boot before `abortConnect` gives up; at least 1. */
  readonly connectRetry: number;
  /** ms; `undefined`: the option's, or the default. */
  readonly commandTimeout: number | undefined;
  /** The options of the connection string that have no effect here. */
  readonly ignored: readonly string[];
}

/** How many times to dial at boot where no connection string says it. @internal */
export const DEFAULT_CONNECT_RETRY = 3;
