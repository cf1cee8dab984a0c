/** Writes the lines for operators. Nest's `Logger` is one. Parameters are an object, never a part of the sentence. @internal */
export interface CacheLogger {
  log(message: string, parameters?: object): void;
  warn(message: string, parameters?: object): void;
  error(message: string, parameters?: object): void;
  debug(message: string, parameters?: object): void;
  /** Whether lines at `debug` are written anywhere. Default: they are not, and none are made. */
  isDebugEnabled?: (() => boolean) | undefined;
}

/** Writes nothing. @internal */
export const noopLogger: CacheLogger = { log() {}, warn() {}, error() {}, debug() {}, isDebugEnabled: () => false };
