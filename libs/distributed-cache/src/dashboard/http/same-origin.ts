import { headerOf, type WebRequest } from './web.js';

/** What the page sends with everything that is not only looked at. A page of another origin may not, unless the application allows it. @internal */
export const OWN_HEADER = 'x-distributed-cache-dashboard';

/**
 * Why a request may have been made by a page of another origin, in the name of a viewer who has signed in; `undefined`: it was not.
 *
 * The header alone is not enough. An application that allows every origin and every header, with cookies, allows foreign pages to send it.
 * So the browser's own word counts as well: `Sec-Fetch-Site`, and on plain HTTP, where browsers leave that out, `Origin`. What is no browser
 * sends neither.
 *
 * @internal
 */
export function foreignOriginOf(request: WebRequest): string | undefined {
  if (headerOf(request, OWN_HEADER) === undefined) return `The header ${OWN_HEADER} is missing.`;
  const site = headerOf(request, 'sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' ? undefined : 'The request comes from another origin.';
  const origin = headerOf(request, 'origin');
  if (origin === undefined) return undefined;
  const host = request.host ?? headerOf(request, 'host');
  return URL.canParse(origin) && new URL(origin).host === host
    ? undefined
    : 'The request comes from another origin than its Host names. A proxy must pass the Host on, or be trusted by the application.';
}
