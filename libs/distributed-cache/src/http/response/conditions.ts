import { headerOf, headerText, type HeaderValue, type IncomingRequest } from '../request.js';
import type { StoredResponse } from './stored-response.js';

/**
 * Whether the client has this response already: RFC 9110 13.1.2, 13.1.3 and 13.2.2.
 *
 * @internal
 */
export function isNotModified(request: IncomingRequest, { status, headers, madeAt }: StoredResponse): boolean {
  if (status < 200 || status > 299) return false;
  const tags = headerOf(request, 'if-none-match');
  // It wins: the other condition is not looked at.
  if (tags !== undefined) return matchesSome(tags, headerText(headers['etag'] ?? ''));
  const since = headerOf(request, 'if-modified-since');
  return since !== undefined && !isModifiedSince(since, headers['last-modified'], madeAt);
}

/** One entity tag. What is between the quotes may be a comma. */
const ENTITY_TAG = /(?:W\/)?"[^"]*"/g;

/** By weak comparison. */
function matchesSome(list: string, etag: string): boolean {
  if (list.trim() === '*') return true;
  const wanted = opaque(etag);
  if (list === etag) return true;
  return Array.from(list.matchAll(ENTITY_TAG), ([tag]) => opaque(tag)).includes(wanted);
}

function opaque(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag;
}

/** A date of HTTP has whole seconds. So a response that has no date of its own was made in the next whole second. */
function isModifiedSince(since: string, lastModified: HeaderValue | undefined, madeAt: number): boolean {
  const asked = Date.parse(since);
  const modified =
    lastModified === undefined ? Math.ceil(madeAt / 1_000) * 1_000 : Date.parse(headerText(lastModified));
  // A condition that is no date does not count.
  return !(asked >= modified);
}
