import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../../tools/message-of.mjs';

/** How often the page is told what is new, in ms. */
const INTERVAL = 300;

/** @typedef {{ response: import('node:http').ServerResponse, refusal: string | null }} Viewer `refusal`: why this one may press no button */

/** Those who look at the page. While there is one, the instances are asked and everybody gets the same answer, by server-sent events. */
export class Viewers {
  /** @type {Set<Viewer>} */
  #viewers = new Set();
  #isTelling = false;
  #isClosed = false;
  #problem = '';
  #wake = new AbortController();
  #snapshot;

  /** @param {() => Promise<object>} snapshot what there is to tell */
  constructor(snapshot) {
    this.#snapshot = snapshot;
  }

  /** @param {Viewer} viewer */
  add(viewer) {
    const { response } = viewer;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // For a proxy that would gather what belongs to the moment.
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    if (this.#isClosed) return void response.end();
    this.#viewers.add(viewer);
    response.once('close', () => this.#viewers.delete(viewer));
    void this.#tell();
  }

  /** Something has changed that is to be seen at once. */
  refresh() {
    this.#wake.abort();
  }

  close() {
    this.#isClosed = true;
    for (const { response } of this.#viewers) response.end();
    this.#viewers.clear();
    this.refresh();
  }

  async #tell() {
    if (this.#isTelling) return this.refresh();
    this.#isTelling = true;
    while (this.#viewers.size > 0) {
      this.#wake = new AbortController();
      const { signal } = this.#wake;
      await this.#tellOnce().catch((error) => this.#complain(messageOf(error)));
      await wait(INTERVAL, undefined, { signal }).catch(() => {});
    }
    this.#isTelling = false;
  }

  /** Once, however often it happens in a row. @param {string} problem */
  #complain(problem) {
    if (problem !== this.#problem) console.error(`The page cannot be told what is new: ${problem}`);
    this.#problem = problem;
  }

  async #tellOnce() {
    const snapshot = await this.#snapshot();
    for (const { response, refusal } of this.#viewers) {
      // One that reads slowly gets the next, in place of a queue of old ones.
      if (!response.writableNeedDrain) response.write(`data: ${JSON.stringify({ ...snapshot, refusal })}\n\n`);
    }
  }
}
