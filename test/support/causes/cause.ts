import type { Scene } from './scene.js';

/** Something that is amiss, and what an operator has to read then. */
export interface Cause {
  readonly cause: string;
  /** What this machine lacks to bring it about. Default: nothing. */
  readonly lacking?: string | undefined;
  /** Brings it about. */
  readonly provoke: (scene: Scene) => Promise<void>;
  /** Each must be in some line. Without any, nothing may be said. */
  readonly says: readonly RegExp[];
}

/** What no line may hold: words that only who knows ioredis understands, and what the library failed to fill in. */
export const NEVER_SAID =
  /Connection is closed|isn't writeable|Please report this|user_script|max retries|undefined|\[object/;
