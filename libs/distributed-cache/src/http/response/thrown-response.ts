import { HttpException } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

/** The metadata key under which `@Catch` records what a filter catches. Nest does not export it. */
const CATCHES = '__filterCatchExceptions__';

/** The response that Nest makes of an error. @internal */
export interface ThrownResponse {
  readonly status: number;
  readonly body: unknown;
}

/**
 * The response that Nest's own exception filter makes of `error`.
 *
 * @param filters - of the handler and its controller: classes or instances
 * @returns `undefined`: it is no `HttpException`, or a filter of the application may answer it
 *
 * @internal
 */
export function thrownResponse(
  error: unknown,
  filters: readonly unknown[],
  config: ApplicationConfig,
): ThrownResponse | undefined {
  if (!(error instanceof HttpException)) return undefined;
  const ofApplication = [...config.getGlobalFilters(), ...config.getGlobalRequestFilters()];
  if (filters.some((filter) => mayCatch(filter, error))) return undefined;
  if (ofApplication.some((filter) => mayCatch(filter, error))) return undefined;
  const status = error.getStatus();
  const response = error.getResponse();
  if (typeof response === 'object') return { status, body: response };
  const errorCode: unknown = Reflect.get(error, 'errorCode');
  return { status, body: { statusCode: status, message: response, ...(errorCode !== undefined && { errorCode }) } };
}

/** A filter that does not say what it catches catches everything. So may one of which only Nest knows the class. */
function mayCatch(filter: unknown, error: HttpException): boolean {
  const known = typeof filter === 'function' ? filter : typeof filter === 'object' ? filter?.constructor : undefined;
  const caught: unknown = known && Reflect.getMetadata(CATCHES, known);
  if (!Array.isArray(caught) || caught.length === 0) return true;
  return caught.some((each) => typeof each === 'function' && error instanceof each);
}
