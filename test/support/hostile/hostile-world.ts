import { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { Doorbell } from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { InMemoryInvalidationBridge } from '../../../libs/distributed-cache/src/testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../../../libs/distributed-cache/src/testing/manual-clock.js';
import { cacheSettings } from '../instances/cache-settings.js';
import { deferred, type Deferred } from '../common/deferred.js';
import { RecordedLogger } from '../instances/recorded-logger.js';
import { EavesdroppingBridge } from './eavesdropping-bridge.js';
import { HostileStranger } from './hostile-stranger.js';
import type { Random } from '../../../tools/random.mjs';

const NAMESPACE = 'shop';
const LOG_LENGTH = 256;
const INSTANCES = 3;
const ROUNDS_BETWEEN_CONFIRMATIONS = 50;
/** In which nobody may complain twice of the same thing. */
const MINUTE = 60_000;
/** Lines about: malformed messages, refusals, the connection. */
const MOST_LINES_A_MINUTE = 4;
/** Gap syncs are limited to ten a second; heartbeats come on top. */
const MOST_SYNCS_A_SECOND = 11;

/** A cluster of instances, with work under way in each, that a stranger talks to. */
export class HostileWorld {
  readonly #clock: ManualClock;
  readonly #log: RecordedLogger;
  readonly #instances: readonly DistributedCache[];
  readonly #stranger: HostileStranger;
  readonly #syncs: () => number;
  readonly #startedAt: number;
  #running: Deferred<string>[] = [];
  #rounds = 0;

  private constructor(
    clock: ManualClock,
    log: RecordedLogger,
    instances: readonly DistributedCache[],
    stranger: HostileStranger,
    syncs: () => number,
  ) {
    this.#clock = clock;
    this.#log = log;
    this.#instances = instances;
    this.#stranger = stranger;
    this.#syncs = syncs;
    this.#startedAt = clock.now();
  }

  static async open(threw: (doorbell: Doorbell, error: unknown) => void): Promise<HostileWorld> {
    const clock = new ManualClock();
    const log = new RecordedLogger();
    const bridge = new InMemoryInvalidationBridge({ clock });
    const eavesdropping = new EavesdroppingBridge(bridge, threw);
    const settings = cacheSettings({ namespace: NAMESPACE, invalidationLogLength: LOG_LENGTH });
    const instances = Array.from({ length: INSTANCES }, () => new DistributedCache(settings, { clock, logger: log }));
    for (const instance of instances) {
      instance.on('invalidation', () => {});
      instance.start(eavesdropping);
    }
    await clock.advance(0);
    const stranger = await HostileStranger.join(bridge, NAMESPACE, LOG_LENGTH);
    return new HostileWorld(clock, log, instances, stranger, () => eavesdropping.syncs);
  }

  say(text: string, random: Random): void {
    this.#stranger.say(text, this.#instances[0]?.status().position ?? '0-0', random);
  }

  /** Lets half a second pass, ends what ran, and asks whether everybody is well; gives what is not. */
  async pass(): Promise<string[]> {
    await this.#clock.advance(500);
    const problems = await this.#problems();
    this.#work();
    return problems;
  }

  /** Silence for a minute; then nothing may be left of all that was said. */
  async settle(): Promise<string[]> {
    for (const running of this.#running.splice(0)) running.resolve('loaded');
    await this.#clock.advance(MINUTE);
    return this.#problems();
  }

  summary(): { bridge: object; simulatedSeconds: number; syncs: number; logLines: number } {
    const [first] = this.#instances;
    const simulatedSeconds = (this.#clock.now() - this.#startedAt) / 1_000;
    return {
      bridge: first?.stats().bridge ?? {},
      simulatedSeconds,
      syncs: this.#syncs(),
      logLines: this.#log.lines.length,
    };
  }

  /** A slow load and a put in every instance, so that the record of applied invalidations keeps what is said meanwhile. */
  #work(): void {
    for (const running of this.#running.splice(0)) running.resolve('loaded');
    for (const instance of this.#instances) {
      const load = deferred<string>();
      const put = deferred<string>();
      void instance.region('products').getOrLoad('1', () => load.promise, { tags: ['list'] });
      void instance.region('prices').update('2', () => put.promise);
      this.#running.push(load, put);
    }
  }

  async #problems(): Promise<string[]> {
    const problems: string[] = [];
    const states = this.#instances.map((instance) => instance.status().state);
    if (states.some((state) => state !== 'coherent')) problems.push(`the instances are ${states.join(', ')}`);
    if (!(await this.#hearEachOther())) problems.push('an eviction did not reach every instance');
    const confirmed = await this.#confirmedEverywhere();
    if (confirmed !== INSTANCES) problems.push(`an eviction everywhere was confirmed by ${confirmed} instances`);

    const regions = Object.keys(this.#instances[0]?.stats().regions ?? {}).length;
    if (regions > 3) problems.push(`messages made regions: there are ${regions}`);
    const waiting = this.#instances.map((instance) => instance.status().outbox);
    if (waiting.some((names) => names > 0))
      problems.push(`what others said waits in the outbox: ${waiting.join(', ')}`);

    const passed = this.#clock.now() - this.#startedAt;
    const mostLines = INSTANCES * MOST_LINES_A_MINUTE * (1 + passed / MINUTE);
    if (this.#log.lines.length > mostLines) problems.push(`${this.#log.lines.length} log lines in ${passed} ms`);
    const mostSyncs = INSTANCES * MOST_SYNCS_A_SECOND * (1 + passed / 1_000);
    if (this.#syncs() > mostSyncs) problems.push(`${this.#syncs()} syncs in ${passed} ms`);
    return problems;
  }

  /** How many instances confirm an eviction, asked now and then: while the list of members is young, that takes a whole lease. */
  async #confirmedEverywhere(): Promise<number> {
    if (this.#rounds % ROUNDS_BETWEEN_CONFIRMATIONS !== 1) return INSTANCES;
    const evicted = this.#instances[0]?.region('honest').evict('2', { everywhere: { timeout: '20s' } });
    await this.#clock.advance('11s');
    return (
      evicted?.then(
        ({ instances }) => instances,
        () => 0,
      ) ?? 0
    );
  }

  /** Whether a copy that everybody holds is dropped by everybody when one of them evicts it. */
  async #hearEachOther(): Promise<boolean> {
    this.#rounds += 1;
    const by = this.#instances[this.#rounds % INSTANCES];
    const regions = this.#instances.map((instance) => instance.region('honest'));
    await Promise.all(regions.map((region) => region.getOrLoad('1', () => this.#rounds)));
    if (regions.some((region) => region.getSync('1') !== this.#rounds)) return false;
    await by?.region('honest').evict('1');
    await this.#clock.advance(0);
    return regions.every((region) => region.getSync('1') === undefined);
  }
}
