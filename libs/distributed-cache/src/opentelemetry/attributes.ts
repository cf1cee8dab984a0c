/** The attribute of OpenTelemetry's semantic conventions for the class of an error. @internal */
export const ERROR_TYPE = 'error.type';
/** @internal */
export const NAMESPACE = 'distributed_cache.namespace';
/** @internal */
export const REGION = 'distributed_cache.region';

/** The class of what was thrown; never its message, which may hold anything. @internal */
export function errorTypeOf(error: unknown): string {
  return error instanceof Error ? error.name : '_OTHER';
}
