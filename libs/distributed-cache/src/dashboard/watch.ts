import type { CancelTimer } from '../common/clock.js';
import type { CacheLogger } from '../common/logger.js';
import type { Answer } from '../protocol/question.js';
import type { EventStream } from './http/event-stream.js';
import type { InvalidationView } from './frame.js';
import { Outlook, type OutlookParts, type Sight } from './outlook.js';
import { Recording, type Frames } from './recording.js';
import { Travels } from './travels.js';

/** How long, in ms, it takes from one look to the next. Each instance is asked once in this time by each process with viewers. */
const INTERVAL = 2_000;
/** The second look comes sooner: the first one tells no rates. */
const FIRST_INTERVAL = 500;
/** For so long, in ms, the observer outlives the last viewer, who may only have loaded the page anew. */
const LINGER = 3_000;

/** @internal */
export interface WatchParts extends Omit<OutlookParts, 'seen'> {
  readonly logger: CacheLogger;
}

/** What leads to a viewer. @internal */
export type ViewerStream = Pick<EventStream, 'isFull' | 'send' | 'onClose' | 'close'>;

interface Viewer {
  readonly stream: ViewerStream;
  /** Whether something was left out for it. */
  hasMissed: boolean;
}

/**
 * Looks at the cluster while somebody wants to see it, through one observer for all viewers: it is opened for the first one and closed after
 * the last.
 *
 * Each frame is written once and sent to all. A viewer that does not read as fast gets no frames until it does; then it gets one with
 * everything. So nothing is kept for it.
 *
 * @internal
 */
export class Watch {
  readonly #parts: WatchParts;
  readonly #viewers = new Set<Viewer>();
  readonly #recording = new Recording();
  readonly #travels: Travels;
  #outlook: Outlook | undefined;
  #frames: Frames | undefined;
  #users = 0;
  #cancelLinger: CancelTimer = () => {};
  #cancelLook: CancelTimer = () => {};
  #isClosed = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#travels = new Travels({ clock: parts.clock, tell: (news) => this.#tell(news) });
  }

  /** Whether an observer is open. */
  get isOpen(): boolean {
    return this.#outlook !== undefined;
  }

  /** Sends everything to a viewer until it goes. */
  view(stream: ViewerStream): void {
    if (this.#isClosed) return stream.close();
    const viewer = { stream, hasMissed: true };
    this.#viewers.add(viewer);
    this.#use();
    stream.onClose(() => {
      if (this.#viewers.delete(viewer)) this.#leave();
    });
    // What is known already is shown at once.
    this.#send(viewer);
  }

  /** Which instances hold a key. @param key - canonical */
  async where(region: string, key: string): Promise<readonly Answer[]> {
    if (this.#isClosed) return [];
    const outlook = this.#use();
    try {
      return await outlook.where(region, key);
    } finally {
      this.#leave();
    }
  }

  /** Ends the streams of all viewers at once: the shutdown of the server would wait for them. */
  close(): void {
    this.#isClosed = true;
    for (const { stream } of this.#viewers) stream.close();
    this.#viewers.clear();
    this.#stop();
  }

  #use(): Outlook {
    this.#users += 1;
    this.#cancelLinger();
    return this.#outlook ?? this.#start();
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#cancelLinger = this.#parts.clock.schedule(() => this.#stop(), LINGER);
  }

  #start(): Outlook {
    const outlook = new Outlook({ ...this.#parts, seen: (seen) => this.#travels.heard(seen, outlook) });
    this.#outlook = outlook;
    void this.#look(outlook, FIRST_INTERVAL);
    return outlook;
  }

  #stop(): void {
    this.#cancelLinger();
    this.#cancelLook();
    this.#outlook?.close();
    this.#outlook = undefined;
    this.#frames = undefined;
    this.#recording.pause();
    this.#travels.close();
  }

  async #look(outlook: Outlook, interval: number): Promise<void> {
    const { clock, logger } = this.#parts;
    const startedAt = clock.now();
    try {
      const sight = await outlook.look();
      if (outlook === this.#outlook) this.#show(sight, outlook);
    } catch (error) {
      // What came over the network must not be able to end the process.
      logger.error('The dashboard cannot show what it sees', { error });
    }
    if (outlook !== this.#outlook) return;
    const rest = Math.max(0, interval - (clock.now() - startedAt));
    this.#cancelLook = clock.schedule(() => void this.#look(outlook, INTERVAL), rest);
  }

  #show(sight: Sight, outlook: Outlook): void {
    const { clock } = this.#parts;
    this.#travels.applied(sight.answers, outlook);
    this.#frames = this.#recording.record(sight, clock.wallNow());
    const newest = JSON.stringify(this.#frames.newest);
    for (const viewer of this.#viewers) this.#send(viewer, newest);
  }

  #tell(news: readonly InvalidationView[]): void {
    const text = JSON.stringify(news);
    for (const viewer of this.#viewers) {
      if (viewer.stream.isFull) viewer.hasMissed = true;
      else viewer.stream.send('invalidations', text);
    }
  }

  /** @param newest - the newest frame. Default: none is new. */
  #send(viewer: Viewer, newest?: string): void {
    if (viewer.stream.isFull) {
      viewer.hasMissed = true;
    } else if (!viewer.hasMissed) {
      if (newest !== undefined) viewer.stream.send('state', newest);
    } else if (this.#frames) {
      viewer.hasMissed = false;
      viewer.stream.send('state', JSON.stringify(this.#frames.full(this.#travels.all)));
    }
  }
}
