import { systemClock, type Clock } from '../common/clock.js';
import {
  BridgeRefusal,
  type BridgeMember,
  type Doorbell,
  type InvalidationBridge,
  type InvalidationLink,
  type LinkListener,
} from '../protocol/invalidation-bridge.js';
import { InMemoryLog, isAfter } from './in-memory-log.js';

const CHUNK = 500;

/** An instance, or the id that its `status()` gives. @publicApi */
export type InstanceRef = string | { status(): { readonly instanceId: string } };

interface OpenLink {
  readonly member: BridgeMember;
  readonly listener: LinkListener;
}

/**
 * A bridge within one process: hand the same one to any number of modules and they are instances of one application. It keeps the same
 * log as Redis does, and can be made to fail in the ways networks and servers do.
 *
 * @example
 * const bridge = new InMemoryInvalidationBridge();
 * const a = await Test.createTestingModule({ imports: [DistributedCacheModule.forRoot({ bridge })] }).compile();
 * const b = await Test.createTestingModule({ imports: [DistributedCacheModule.forRoot({ bridge })] }).compile();
 *
 * @publicApi
 */
export class InMemoryInvalidationBridge implements InvalidationBridge {
  readonly name = 'the in-memory bridge';
  readonly target = 'memory';
  readonly #clock: Clock;
  readonly #logs = new Map<string, InMemoryLog>();
  readonly #links = new Set<OpenLink>();
  readonly #cut = new Map<string, { readonly silently: boolean }>();
  #dropped = 0;
  #duplicated = 0;
  #reordered: (() => void)[] = [];
  #reorder = 0;
  #delay = 0;
  #refusal: BridgeRefusal | undefined;

  /** @param options.clock - by which `delay` and the log's ids go; default: the system's */
  constructor(options: { readonly clock?: Clock | undefined } = {}) {
    this.#clock = options.clock ?? systemClock;
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
      // Half-open: what was sent is swallowed, and nobody says so.
      if (this.#cut.has(member.instanceId)) return new Promise<T>(() => {});
      if (this.#refusal) return Promise.reject(this.#refusal);
      return Promise.resolve(compute());
    };
    return {
      publish: (payload) => answer(() => this.#append(member, payload)),
      publishToMembers: (payload) =>
        answer(() => ({ id: this.#append(member, payload), ...log.members(this.#clock.wallNow()) })),
      acknowledge: (token) => answer(() => this.#acknowledge(member, token)),
      // Every entry is as safe as this process.
      replicated: (count) => answer(() => count),
      sync: (request) => answer(() => log.sync(request, member, CHUNK, member.logLength, this.#clock.wallNow())),
      leave: () => answer(() => log.leave(member.instanceId)),
      close: () => void this.#links.delete(open),
    };
  }

  /** Publishes a payload that does not enter the log, as `redis-cli PUBLISH` does. */
  publishPlain(namespace: string, payload: string): void {
    this.#ring(namespace, { payload, entry: undefined });
  }

  /** Rings for an entry that may or may not be in the log: an echo, or a forgery. */
  publishForged(namespace: string, doorbell: Doorbell): void {
    this.#ring(namespace, doorbell);
  }

  /** The next `messages` reach nobody through the channel; the log has them. */
  drop(messages = 1): void {
    this.#dropped = messages;
  }

  /** From now on messages take `milliseconds` through the channel; 0 ends it. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  /** The next `messages` arrive twice. */
  duplicate(messages = 1): void {
    this.#duplicated = messages;
  }

  /** The next `messages` arrive in reverse order, once all of them are there. */
  reorder(messages = 2): void {
    this.#reorder = messages;
  }

  /** Cuts one instance off until it is healed: its link breaks, or, `silently`, stays open and swallows everything. */
  cut(instance: InstanceRef, options: { readonly silently?: boolean | undefined } = {}): void {
    const instanceId = idOf(instance);
    const silently = options.silently ?? false;
    this.#cut.set(instanceId, { silently });
    if (silently) return;
    for (const link of this.#links) if (link.member.instanceId === instanceId) this.#break(link, 'the link was cut');
  }

  /** Ends the cut of one instance, or, without one, every fault. What was swallowed stays lost. */
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

  /** Every request is answered with this error, until it is called without one. */
  refuse(remedy?: BridgeRefusal['remedy']): void {
    this.#refusal = remedy === undefined ? undefined : new BridgeRefusal(remedy, `refused by the test (${remedy})`);
  }

  /** The server starts again, or another takes its place: every link breaks, and of each log the newest `lost` entries are gone (default: none). */
  restart(options: { readonly lost?: number | undefined } = {}): void {
    for (const log of this.#logs.values()) log.restart(options.lost);
    for (const link of this.#links) this.#break(link, 'the server was restarted');
  }

  /** The log is deleted behind everybody's back, by an administrator or by `FLUSHALL`. */
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
    this.#send(() => this.#deliver(namespace, (listener) => listener.heard(doorbell)));
  }

  /** Through the channel, with the faults that it has. */
  #send(message: () => void): void {
    if (this.#dropped > 0) {
      this.#dropped -= 1;
      return;
    }
    const times = this.#duplicated > 0 ? 2 : 1;
    if (this.#duplicated > 0) this.#duplicated -= 1;
    const deliver = (): void => {
      for (let time = 0; time < times; time += 1) message();
    };
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
