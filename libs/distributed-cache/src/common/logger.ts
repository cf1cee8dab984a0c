/** Where the library writes what an operator should know. Nest's `Logger` is one. Parameters are an object, never in the sentence. @internal */
export interface CacheLogger {
  log(message: string, parameters?: object): void;
  warn(message: string, parameters?: object): void;
  error(message: string, parameters?: object): void;
  debug(message: string, parameters?: object): void;
}

/** A log for those who do not want one. @internal */
export const noopLogger: CacheLogger = { log() {}, warn() {}, error() {}, debug() {} };
