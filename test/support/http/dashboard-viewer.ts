import type {
  EvictAnswer,
  Frame,
  Hello,
  InvalidationView,
  WhereAnswer,
} from '../../../libs/distributed-cache/src/dashboard/frame.js';
import { onTestFinished } from 'vitest';

/** What the page sends along. */
export const FROM_PAGE = { 'content-type': 'application/json', 'x-distributed-cache-dashboard': '1' };

/** Somebody who looks at a dashboard, as the page does. It leaves after the test, unless the test lets it leave. */
export class DashboardViewer {
  hello: Hello | undefined;
  readonly frames: Frame[] = [];
  /** By their number, as they were told last. */
  readonly invalidations = new Map<number, InvalidationView>();
  hasEnded = false;
  readonly #url: string;
  readonly #left = new AbortController();

  /** @param url - of the page */
  constructor(url: string) {
    this.#url = url;
  }

  static async at(url: string): Promise<DashboardViewer> {
    const viewer = new DashboardViewer(url);
    onTestFinished(() => viewer.leave());
    const response = await fetch(`${url}/events`, { signal: viewer.#left.signal });
    if (!response.body) throw new Error(`There are no events: ${response.status}`);
    viewer.#read(response.body.pipeThrough(new TextDecoderStream())).catch(() => (viewer.hasEnded = true));
    return viewer;
  }

  /** The newest frame. */
  get frame(): Frame | undefined {
    return this.frames.at(-1);
  }

  get newest(): InvalidationView | undefined {
    return [...this.invalidations.values()].at(-1);
  }

  leave(): void {
    this.#left.abort();
  }

  async where(region: string, key: string): Promise<WhereAnswer> {
    const answer: WhereAnswer = JSON.parse(await (await this.post('where', { region, key })).text());
    return answer;
  }

  async evict(what: object): Promise<EvictAnswer> {
    const answer: EvictAnswer = JSON.parse(await (await this.post('evict', what)).text());
    return answer;
  }

  post(name: string, body: object, headers: Readonly<Record<string, string>> = FROM_PAGE): Promise<Response> {
    return fetch(`${this.#url}/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #read(stream: ReadableStream<string>): Promise<void> {
    let text = '';
    for await (const chunk of stream) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) this.#take(event);
    }
    this.hasEnded = true;
  }

  #take(event: string): void {
    const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
    if (name === 'hello') this.hello = JSON.parse(data);
    if (name === 'invalidations') this.#know(JSON.parse(data));
    if (name !== 'state') return;
    const frame: Frame = JSON.parse(data);
    this.frames.push(frame);
    this.#know(frame.invalidations);
  }

  #know(invalidations: readonly InvalidationView[]): void {
    for (const each of invalidations) this.invalidations.set(each.number, each);
  }
}
