import { systemClock, type Clock } from '../common/clock.js';
import { detached } from '../common/detached.js';
import {
  BridgeRefusal,
  type BridgeMember,
  type Doorbell,
  type InvalidationBridge,
  type InvalidationLink,
  type LinkListener,
} from '../protocol/invalidation-bridge.js';
import type { ObservableBridge, Observation, ObservationListener } from '../protocol/observation.js';
import { InMemoryLog, isAfter } from './in-memory-log.js';

/** How many entries one sync reply brings, unless the test wants another number. */
const CHUNK = 500;

/** An instance: a cache, or the `instanceId` of its `status()`. @publicApi */
export type InstanceRef = string | InstanceWithStatus;

/** What a cache has, to tell instances apart. @publicApi */
export interface InstanceWithStatus {
  /** Names the instance. */
  status(): { readonly instanceId: string };
}

interface Observer {
  readonly namespace: string;
  readonly listener: ObservationListener;
  /** The questions whose answers it wants. */
  readonly asked: Set<string>;
}

interface OpenLink {
  readonly member: BridgeMember;
  readonly listener: LinkListener;
}

/**
 * A bridge within one process. Several modules that get the same one are instances of one application. It keeps the same log as the bridge
 * to Redis, and can be made to fail in the ways in which networks and servers fail.
 *
 * @example
 * const bridge = new InMemoryInvalidationBridge();
 * const a = await Test.createTestingModule({ imports: [DistributedCacheModule.forRoot({ bridge })] }).compile();
 * const b = await Test.createTestingModule({ imports: [DistributedCacheModule.forRoot({ bridge })] }).compile();
 *
 * @publicApi
 */
export class InMemoryInvalidationBridge implements InvalidationBridge, ObservableBridge {
  readonly name = 'the in-memory bridge';
  readonly target = 'memory';
  readonly #clock: Clock;
  readonly #chunk: number;
  readonly #logs = new Map<string, InMemoryLog>();
  readonly #links = new Set<OpenLink>();
  readonly #observers = new Set<Observer>();
  readonly #cut = new Map<string, { readonly silently: boolean }>();
  #dropped = 0;
  #duplicated = 0;
  #reordered: (() => void)[] = [];
  #reorder = 0;
  #delay = 0;
  #refusal: BridgeRefusal | undefined;

  /**
   * @param options.clock - the clock for `delay`, and for the ages of log entries and members. Default: the system's.
   * @param options.chunk - how many entries one sync reply brings at most; a longer replay takes several. Default: 500.
   */
  constructor(options: { readonly clock?: Clock | undefined; readonly chunk?: number | undefined } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#chunk = options.chunk ?? CHUNK;
  }

  isAfter(id: string, other: string): boolean {
    return isAfter(id, other);
  }

  async dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink> {
    signal.throwIfAborted();
    if (this.#cut.has(member.instanceId)) throw new Error('the link is cut');
    const open: OpenLink = { member, listener };
    this.#links.add(open);
    const log = this.#log(member.namespace);
    const answer = <T>(compute: () => T): Promise<T> => {
      if (!this.#links.has(open)) return Promise.reject(new Error('the link is closed'));
      // Half-open: the request is lost, and no error is reported.
      if (this.#cut.has(member.instanceId)) return new Promise<T>(() => {});
      if (this.#refusal) return Promise.reject(this.#refusal);
      return Promise.resolve(compute());
    };
    return {
      publish: (payload) => answer(() => this.#append(member, payload)),
      publishToMembers: (payload) =>
        answer(() => ({ id: this.#append(member, payload), ...log.members(this.#clock.wallNow()) })),
      acknowledge: (token) => answer(() => this.#acknowledge(member, token)),
      // There are no replicas that could lag behind.
      replicated: (count) => answer(() => count),
      sync: (request) => answer(() => log.sync(request, member, this.#chunk, member.logLength, this.#clock.wallNow())),
      answer: (id, text) => answer(() => this.#send(() => this.#tellObservers(member.namespace, id, text))),
      leave: () => answer(() => log.leave(member.instanceId)),
      close: () => void this.#links.delete(open),
    };
  }

  async observe(namespace: string, listener: ObservationListener, signal: AbortSignal): Promise<Observation> {
    signal.throwIfAborted();
    const observer: Observer = { namespace, listener, asked: new Set() };
    this.#observers.add(observer);
    return {
      ask: async (id, question) => {
        observer.asked.add(id);
        this.#send(() => this.#deliver(namespace, (instance) => instance.asked?.(question)));
      },
      forget: async (id) => void observer.asked.delete(id),
      look: async () => this.#log(namespace).look(this.#clock.wallNow()),
      close: () => void this.#observers.delete(observer),
    };
  }

  /** Sends a payload through the channel that is not written to the log, as `redis-cli PUBLISH` does. */
  publishPlain(namespace: string, payload: string): void {
    this.#ring(namespace, { payload, entry: undefined });
  }

  /** Sends a message that claims a place in the log which it may not have: an echo, or a forgery. */
  publishForged(namespace: string, doorbell: Doorbell): void {
    this.#ring(namespace, doorbell);
  }

  /** The channel loses the next `messages` messages; the log has them. Default: 1. */
  drop(messages = 1): void {
    this.#dropped = messages;
  }

  /** Each message takes that many milliseconds through the channel, until `delay(0)`. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  /** The next `messages` messages arrive twice. Default: 1. */
  duplicate(messages = 1): void {
    this.#duplicated = messages;
  }

  /** The next `messages` messages arrive in reverse order, once all of them were sent. Default: 2. */
  reorder(messages = 2): void {
    this.#reorder = messages;
  }

  /**
   * Cuts one instance off until it is healed. Its link breaks, and no other can be opened; `silently`, the link stays open but nothing
   * passes, as with a half-open socket.
   */
  cut(instance: InstanceRef, options: { readonly silently?: boolean | undefined } = {}): void {
    const instanceId = idOf(instance);
    const silently = options.silently ?? false;
    this.#cut.set(instanceId, { silently });
    if (silently) return;
    for (const link of this.#links) if (link.member.instanceId === instanceId) this.#break(link, 'the link was cut');
  }

  /** Ends the cut of one instance; without an argument, all faults. Messages that were lost stay lost. */
  heal(instance?: InstanceRef): void {
    if (instance !== undefined) {
      this.#cut.delete(idOf(instance));
      return;
    }
    this.#cut.clear();
    this.#dropped = 0;
    this.#duplicated = 0;
    this.#delay = 0;
    this.#refusal = undefined;
    this.#reorder = 0;
    this.#releaseReordered();
  }

  /** Every request gets an error answer with this remedy, until `refuse()` is called without one. */
  refuse(remedy?: BridgeRefusal['remedy']): void {
    this.#refusal = remedy === undefined ? undefined : new BridgeRefusal(remedy, `refused by the test (${remedy})`);
  }

  /**
   * The server restarts or is replaced, and every link breaks. The newest `lost` entries of each log are lost (default: 0), with
   * `membersLost` each list of members as well.
   */
  restart(options: { readonly lost?: number | undefined; readonly membersLost?: boolean | undefined } = {}): void {
    for (const log of this.#logs.values()) log.restart(options.lost, options.membersLost);
    for (const link of this.#links) this.#break(link, 'the server was restarted');
  }

  /** The log is deleted without telling any instance, as by `FLUSHALL`. */
  wipe(namespace: string): void {
    this.#logs.get(namespace)?.trim(0);
  }

  #log(namespace: string): InMemoryLog {
    const known = this.#logs.get(namespace);
    if (known) return known;
    const log = new InMemoryLog();
    this.#logs.set(namespace, log);
    return log;
  }

  #append({ namespace, logLength }: BridgeMember, payload: string): string {
    const entry = this.#log(namespace).append(payload, logLength, this.#clock.wallNow());
    this.#ring(namespace, { payload, entry });
    return entry.id;
  }

  #acknowledge({ namespace, instanceId }: BridgeMember, token: string): void {
    this.#send(() => this.#deliver(namespace, (listener) => listener.acknowledged(token, instanceId)));
  }

  #ring(namespace: string, doorbell: Doorbell): void {
    this.#send(() => {
      this.#deliver(namespace, (listener) => listener.heard(doorbell));
      for (const observer of this.#observers) if (observer.namespace === namespace) observer.listener.heard(doorbell);
    });
  }

  #tellObservers(namespace: string, id: string, answer: string): void {
    for (const observer of this.#observers)
      if (observer.namespace === namespace && observer.asked.has(id)) observer.listener.answered(id, answer);
  }

  /** Sends through the channel, with its faults. */
  #send(message: () => void): void {
    if (this.#dropped > 0) {
      this.#dropped -= 1;
      return;
    }
    const times = this.#duplicated > 0 ? 2 : 1;
    if (this.#duplicated > 0) this.#duplicated -= 1;
    // The other instances are other processes: nothing of the sender's context arrives there.
    const deliver = (): void =>
      detached(() => {
        for (let time = 0; time < times; time += 1) message();
      });
    if (this.#reorder > 0) {
      this.#reordered.push(deliver);
      this.#reorder -= 1;
      if (this.#reorder === 0) this.#releaseReordered();
    } else if (this.#delay > 0) this.#clock.schedule(deliver, this.#delay);
    else queueMicrotask(deliver);
  }

  #releaseReordered(): void {
    const held = this.#reordered.toReversed();
    this.#reordered = [];
    for (const deliver of held) queueMicrotask(deliver);
  }

  #deliver(namespace: string, tell: (listener: LinkListener) => void): void {
    for (const { member, listener } of this.#links) {
      if (member.namespace === namespace && !this.#cut.has(member.instanceId)) tell(listener);
    }
  }

  #break(link: OpenLink, reason: string): void {
    this.#links.delete(link);
    queueMicrotask(() => link.listener.broken(new Error(reason)));
  }
}

function idOf(instance: InstanceRef): string {
  return typeof instance === 'string' ? instance : instance.status().instanceId;
}
