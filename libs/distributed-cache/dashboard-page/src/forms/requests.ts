import type { EvictAnswer, WhereAnswer } from '../../../src/dashboard/frame.js';

/** Where the files of the page are; what it asks for is beside their folder, whatever proxies have put before it. */
const FILES = import.meta.url;

/** What the page may evict. */
export type Eviction =
  | { readonly what: 'key'; readonly region: string; readonly key: string }
  | { readonly what: 'tag'; readonly tag: string }
  | { readonly what: 'region'; readonly region: string }
  | { readonly what: 'everything' };

export function urlOf(name: 'events' | 'where' | 'evict'): string {
  return new URL(`../${name}`, FILES).href;
}

export function where(region: string, key: string): Promise<WhereAnswer> {
  return post('where', { region, key });
}

export function evict(eviction: Eviction): Promise<EvictAnswer> {
  return post('evict', eviction);
}

/** @throws {Error} with what the application says */
async function post<T>(name: 'where' | 'evict', body: object): Promise<T> {
  const response = await fetch(urlOf(name), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-distributed-cache-dashboard': '1' },
    body: JSON.stringify(body),
  });
  if (response.ok) return response.json();
  const refused: unknown = await response.json().catch(() => undefined);
  throw new Error(wordsOf(refused) ?? `The application answers with ${response.status}.`);
}

function wordsOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const words: unknown = Reflect.get(answer, 'error') ?? Reflect.get(answer, 'message');
  return typeof words === 'string' ? words : undefined;
}
