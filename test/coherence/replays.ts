import type {
  Doorbell,
  InvalidationBridge,
  SyncReply,
} from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import {
  decodeInvalidation,
  type InvalidationMessage,
} from '../../libs/distributed-cache/src/protocol/invalidation-message.js';
import type { MadeValue, Part } from './made-value.js';
import { Moments, type Moment } from './moments.js';

/** What one replay has brought so far, in one answer or in several. */
interface Replay {
  /** The sequence number at which its first answer arrived. */
  readonly began: number;
  /** The invalidations of others. */
  readonly brought: Moments;
}

interface EndedReplay extends Replay {
  /** The sequence number at which its last answer arrived. */
  readonly ended: number;
}

/** The replays of one instance: what one of them brings has to take effect as one. */
export class Replays {
  readonly #log: Pick<InvalidationBridge, 'isAfter'>;
  readonly #ended: EndedReplay[] = [];
  #open: Replay | undefined;
  /** The id of the newest entry that the channel has brought. */
  #newestHeard: string | undefined;
  /** The id of the newest entry that has arrived. */
  #newest: string | undefined;
  /** Whether entries may be missing before the newest one that has arrived. */
  #isBehind = false;
  /** The newest entry of each sender that has arrived, and whether more parts of its eviction follow. */
  readonly #senders = new Map<string, { readonly id: string; readonly hasMore: boolean }>();

  constructor(log: Pick<InvalidationBridge, 'isAfter'>) {
    this.#log = log;
  }

  /** Whether the instance may wait for more before what it has received takes effect: for entries in between, or for parts. */
  get isGroupOpen(): boolean {
    return this.#isBehind || this.#hasUnfinished;
  }

  /** A sync is about to be sent. */
  asked(): void {
    this.#isBehind = true;
  }

  /** The channel has brought a message. */
  heard({ entry, payload }: Doorbell): void {
    if (!entry) return;
    if (entry.previousId !== this.#newest) this.#isBehind = true;
    this.#arrived(entry.id, payload);
    if (this.#newestHeard === undefined || this.#log.isAfter(entry.id, this.#newestHeard)) this.#newestHeard = entry.id;
  }

  /**
   * The answer of a sync has arrived.
   *
   * @param instanceId - the instance, which has applied its own evictions already
   */
  received({ continuous, complete, entries, newest }: SyncReply, instanceId: string, moment: Moment): void {
    if (!continuous) {
      // The instance drops everything.
      this.#open = undefined;
      this.#senders.clear();
      this.#newest = newest.id;
      if (complete) this.#isBehind = this.#isMissing(newest.id);
      return;
    }
    const replay = (this.#open ??= { began: moment.sequence, brought: new Moments() });
    for (const { id, payload } of entries) {
      const message = this.#arrived(id, payload);
      if (message && message.from !== instanceId) replay.brought.add(message.invalidation, moment);
    }
    if (!complete) return;
    this.#open = undefined;
    this.#reached(newest.id);
    this.#isBehind = this.#isMissing(newest.id);
    if (replay.brought.isEmpty || this.isGroupOpen) return;
    this.#ended.push({ ...replay, ended: moment.sequence });
  }

  /** Whether a replay that had ended before `asked` brought the eviction of `value` and the eviction of the copy of which it was made. */
  broughtBoth({ origin }: MadeValue, { from }: Part, asked: Moment): boolean {
    return this.#ended.some(
      ({ began, ended, brought }) =>
        ended < asked.sequence &&
        from.began.sequence < began &&
        from.since < began &&
        brought.cover(origin) &&
        brought.cover(from),
    );
  }

  #arrived(id: string, payload: string): InvalidationMessage | undefined {
    this.#reached(id);
    const decoded = decodeInvalidation(payload);
    if (!decoded.ok) return undefined;
    const { from, hasMore } = decoded.message;
    const known = this.#senders.get(from);
    if (!known || this.#log.isAfter(id, known.id)) this.#senders.set(from, { id, hasMore: hasMore ?? false });
    return decoded.message;
  }

  #reached(id: string): void {
    if (this.#newest === undefined || this.#log.isAfter(id, this.#newest)) this.#newest = id;
  }

  /** Whether the channel has brought an entry after `newest`, so that some in between may be missing. */
  #isMissing(newest: string): boolean {
    return this.#newestHeard !== undefined && this.#log.isAfter(this.#newestHeard, newest);
  }

  get #hasUnfinished(): boolean {
    return [...this.#senders.values()].some(({ hasMore }) => hasMore);
  }
}
