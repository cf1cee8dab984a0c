import { describe, expect, it } from 'vitest';
import { foreignOriginOf, OWN_HEADER } from './same-origin.js';

function whyForeign(headers: Readonly<Record<string, string>>, host?: string): string | undefined {
  return foreignOriginOf({ method: 'POST', url: '/cache/evict', headers: { host: 'shop.example', ...headers }, host });
}

describe('a request of the dashboard', () => {
  it.each<[string, Record<string, string>, string?]>([
    ['from the page itself', { 'sec-fetch-site': 'same-origin', origin: 'https://shop.example' }],
    ['from the page, over plain HTTP', { origin: 'http://shop.example' }],
    [
      'from the page, behind a proxy that the application trusts',
      { origin: 'https://shop.example', host: 'pod:3000' },
      'shop.example',
    ],
    ['from a program that is no browser', {}],
  ])('is taken %s', (_, headers, host) => {
    expect(whyForeign({ [OWN_HEADER]: '1', ...headers }, host)).toBeUndefined();
  });

  it.each<[string, Record<string, string>]>([
    ['without its header', { [OWN_HEADER]: '', 'sec-fetch-site': 'cross-site' }],
    ['from another site', { 'sec-fetch-site': 'cross-site' }],
    ['from another origin of the site', { 'sec-fetch-site': 'same-site' }],
    ['that somebody has typed into the address bar', { 'sec-fetch-site': 'none' }],
    ['from another origin over plain HTTP', { origin: 'http://evil.example' }],
    ['from the same host at another port', { origin: 'http://shop.example:8080' }],
    ['from an origin without a name', { origin: 'null' }],
    [
      'from another origin that names itself as forwarded',
      { origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' },
    ],
  ])('is refused %s', (_, headers) => {
    expect(whyForeign({ [OWN_HEADER]: '1', ...headers })).toMatch(/origin/);
  });

  it('is refused without its header, whatever else it says', () => {
    expect(whyForeign({ 'sec-fetch-site': 'same-origin' })).toMatch(/header/);
  });
});
