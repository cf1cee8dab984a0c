import { randomUUID } from 'node:crypto';
import type { LogEntry, SyncReply, SyncRequest } from '../coherence/invalidation-bridge.js';
import { advance, type Position } from '../coherence/position.js';

interface ChainedEntry extends LogEntry {
  readonly hash: string;
}

const NO_POSITION: Position = { id: '0-0', hash: '' };

/** What the Redis scripts do, on a list: the log of one namespace. @internal */
export class InMemoryLog {
  #entries: ChainedEntry[] = [];
  #epoch: string = randomUUID();
  #lastMillisecond = 0;
  #sequence = 0;

  append(
    payload: string,
    length: number,
    serverTime: number,
  ): { readonly id: string; readonly previousId: string | undefined } {
    const previous = this.#entries.at(-1);
    const id = this.#nextId(serverTime);
    this.#entries.push({ id, payload, hash: advance(previous?.hash ?? '', id, payload).hash });
    this.trim(length);
    return { id, previousId: previous?.id };
  }

  sync(request: SyncRequest, chunk: number, length: number, serverTime: number): SyncReply {
    if (this.#entries.length === 0) this.append(request.noOp, length, serverTime);
    const newest = this.#entries.at(-1) ?? NO_POSITION;
    const reply = { epoch: this.#epoch, newest: { id: newest.id, hash: newest.hash }, serverTime };

    const { position, epoch } = request;
    const at = this.#entries.findIndex((entry) => entry.id === position?.id && entry.hash === position.hash);
    if (at === -1 || epoch !== this.#epoch) return { ...reply, continuous: false, entries: [], complete: true };

    const after = this.#entries.slice(at + 1);
    const entries = after.slice(0, chunk).map(({ id, payload }) => ({ id, payload }));
    return { ...reply, continuous: true, entries, complete: entries.length === after.length };
  }

  /** Keeps the newest `length` entries. */
  trim(length: number): void {
    if (this.#entries.length > length) this.#entries = this.#entries.slice(this.#entries.length - length);
  }

  /** The server was started again, with all it knew or with only its first `kept` entries. */
  restart(kept = Number.POSITIVE_INFINITY): void {
    this.#epoch = randomUUID();
    this.#entries = this.#entries.slice(0, kept);
  }

  #nextId(serverTime: number): string {
    const millisecond = Math.max(Math.floor(serverTime), this.#lastMillisecond);
    this.#sequence = millisecond === this.#lastMillisecond ? this.#sequence + 1 : 0;
    this.#lastMillisecond = millisecond;
    return `${millisecond}-${this.#sequence}`;
  }
}
