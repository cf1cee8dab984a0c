import { Agent, get } from 'node:http';
import { everythingSaid } from '../secrets/everything-said.js';

export interface Product {
  readonly id: number;
  readonly name: string;
  readonly category: string;
  readonly price: number;
}

export interface ProductPage {
  readonly total: number;
  readonly items: readonly Product[];
}

export interface CacheStatus {
  readonly status: { readonly state: string; readonly instanceId: string };
  readonly stats: { readonly regions: Readonly<Record<string, { readonly loads: number; readonly hits: number }>> };
}

/** What was answered, how, and by which instance. */
export interface Answer<Body> {
  readonly code: number;
  readonly body: Body;
  readonly instance: string | null;
  readonly cache: string | null;
  /** ms until the whole answer was there */
  readonly took: number;
}

/** Sends one request to the sample application. The body of the answer is what the caller says it is. */
export async function request<Body>(method: string, url: string, body?: unknown): Promise<Answer<Body>> {
  const startedAt = performance.now();
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  // What was served is what is cached.
  for (const [, name] of text.matchAll(/"name":"([^"]+)"/g)) everythingSaid.secrets.add(name);
  return {
    code: response.status,
    body: text === '' ? undefined : JSON.parse(text),
    instance: response.headers.get('x-instance'),
    cache: response.headers.get('x-cache'),
    took: performance.now() - startedAt,
  };
}

/** Sends many reads of one address over a number of kept-alive connections, as fast as they are answered. */
export async function readManyTimes(url: string, count: number, connections: number): Promise<Map<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const codes = new Map<number, number>();
  let begun = 0;
  const readOn = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const code = await codeOf(url, agent);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, readOn));
  agent.destroy();
  return codes;
}

function codeOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', reject);
    }).once('error', reject);
  });
}
