/** The attribute of OpenTelemetry's semantic conventions for the class of an error. @internal */
export const ERROR_TYPE = 'error.type';
/** @internal */
export const NAMESPACE = 'distributed_cache.namespace';
/** @internal */
export const REGION = 'distributed_cache.region';

/** The name of a class, which is one of a few, holds nobody's data, and is no sentence. */
const NAME = /^[\w$.]{1,64}$/;

/** The class of what was thrown; never its message, which may hold anything. @internal */
export function errorTypeOf(error: unknown): string {
  return error instanceof Error && NAME.test(error.name) ? error.name : '_OTHER';
}
