import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import {
  BridgeRefusal,
  type InvalidationBridge,
} from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { serverMilliseconds } from '../../../libs/distributed-cache/src/redis/link/stream-id.js';
import type { History } from '../../coherence/history.js';
import type { Moment } from '../../coherence/moments.js';
import { overriding } from '../../coherence/overriding.js';

/** How often the log is read while it grows, in ms: what a log held that is lost later was seen. */
const BETWEEN_READINGS = 10;

/**
 * Tells a history when each message entered the log: by the time in the entry's id, which is the server's, on the same machine. It reads the log
 * itself, past all proxies, as an answer that never came must not hide what arrived.
 */
export class LogWitness {
  readonly #history: History;
  readonly #redis: Redis;
  readonly #log: string;
  readonly #unanswered = new Map<string, Moment[]>();
  readonly #attributed = new Set<string>();
  readonly #clockOffset = Date.now() - performance.now();
  readonly #following: Promise<void>;
  #newest = '-';
  #hasStopped = false;

  constructor(history: History, redis: Redis, namespace: string) {
    this.#history = history;
    this.#redis = redis;
    this.#log = `{${namespace}}:log`;
    this.#following = this.#follow();
  }

  /** `bridge`, watched for what is sent and what is answered. */
  watching(bridge: InvalidationBridge): InvalidationBridge {
    return overriding(bridge, {
      dial: async (member, listener, signal) => {
        const link = await bridge.dial(member, listener, signal);
        return overriding(link, {
          publish: (payload) => this.#send(payload, () => link.publish(payload)),
          publishToMembers: (payload) => this.#send(payload, () => link.publishToMembers(payload)),
        });
      },
    });
  }

  /** Reads the log to its end. */
  async read(): Promise<void> {
    const from = this.#newest === '-' ? '-' : `(${this.#newest}`;
    for (const [id, fields] of await this.#redis.xrange(this.#log, from, '+')) {
      this.#newest = id;
      const payload = fields[fields.indexOf('p') + 1];
      if (payload !== undefined && !this.#attributed.has(id)) this.#found(id, payload);
    }
  }

  async stop(): Promise<void> {
    this.#hasStopped = true;
    await this.#following;
  }

  async #send<T>(payload: string, send: () => Promise<T>): Promise<T> {
    const sent = this.#sends(payload);
    try {
      const answer = await send();
      this.#attribute(idIn(answer), payload, sent);
      this.#settled(payload, sent);
      return answer;
    } catch (error) {
      // Refused, it is not in the log; unanswered, it may be.
      if (error instanceof BridgeRefusal) this.#settled(payload, sent);
      throw error;
    }
  }

  #sends(payload: string): Moment {
    const sent = this.#history.moment();
    const others = this.#unanswered.get(payload);
    if (others) others.push(sent);
    else this.#unanswered.set(payload, [sent]);
    return sent;
  }

  #settled(payload: string, sent: Moment): void {
    const others = this.#unanswered.get(payload)?.filter((each) => each !== sent) ?? [];
    if (others.length > 0) this.#unanswered.set(payload, others);
    else this.#unanswered.delete(payload);
  }

  /** Of the messages that it may be, the last: that one covers all that the others do. */
  #found(id: string, payload: string): void {
    // An id has whole milliseconds.
    const sent = this.#unanswered.get(payload)?.findLast(({ time }) => time < this.#at(id) + 1);
    if (sent) this.#attribute(id, payload, sent);
  }

  #attribute(id: string, payload: string, sent: Moment): void {
    this.#attributed.add(id);
    this.#history.entered(payload, sent, this.#at(id));
  }

  /** When the entry came in, on the monotonic clock of this process; at most a millisecond early. */
  #at(id: string): number {
    return serverMilliseconds(id) - this.#clockOffset;
  }

  async #follow(): Promise<void> {
    while (!this.#hasStopped) {
      // The server may be gone, frozen or refuse; what matters is read when it answers again.
      await this.read().catch(() => {});
      await pause(BETWEEN_READINGS);
    }
  }
}

/** An answer is the id, or says more than that. */
function idIn(answer: unknown): string {
  return String(typeof answer === 'object' && answer !== null && 'id' in answer ? answer.id : answer);
}
