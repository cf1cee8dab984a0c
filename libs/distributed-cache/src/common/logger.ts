/** Where the library writes what an operator should know. Nest's `Logger` is one. Parameters are an object, never in the sentence. @internal */
export interface CacheLogger {
  log(message: string, parameters?: object): void;
  warn(message: string, parameters?: object): void;
  error(message: string, parameters?: object): void;
  debug(message: string, parameters?: object): void;
  /** Whether anybody reads what is written at `debug`. Default: nobody does, and nothing is written there. */
  isDebugEnabled?: (() => boolean) | undefined;
}

/** A log for those who do not want one. @internal */
export const noopLogger: CacheLogger = { log() {}, warn() {}, error() {}, debug() {}, isDebugEnabled: () => false };
