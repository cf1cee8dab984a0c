import { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { CacheSettings } from '../../libs/distributed-cache/src/cache/settings.js';
import type { InvalidationBridge } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { InMemoryInvalidationBridge } from '../../libs/distributed-cache/src/testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../../libs/distributed-cache/src/testing/manual-clock.js';
import { cacheSettings } from '../support/instances/cache-settings.js';
import { History } from './history.js';
import { Machine } from './machine.js';
import { fewAnswers, Observers } from './observers.js';
import { ServerClock } from './server-clock.js';
import { Shop } from './shop.js';
import { simulatedFaults } from './simulated-faults.js';
import { Wire } from './wire.js';
import { optionsOf, type Fault, type Member, type World } from './world.js';

export interface SimulatedMember extends Member {
  readonly machine: Machine;
  readonly wire: Wire;
}

export interface SimulatedWorldOptions {
  /** Of the instances that have no other one, in ms. */
  readonly maxStaleness: number;
  /** How many entries one answer of the server brings at most. */
  readonly chunk?: number | undefined;
  /** How a sabotage changes the bridge. */
  readonly tamper?: ((bridge: InvalidationBridge) => InvalidationBridge) | undefined;
  /** Whether observers ask all the time. */
  readonly isObserved?: boolean | undefined;
}

/** Instances in one process over the in-memory bridge. The clock advances only when there is nothing left to do. */
export class SimulatedWorld implements World<SimulatedMember> {
  readonly clock = new ManualClock();
  readonly history: History;
  readonly faults: readonly Fault<SimulatedMember>[];
  readonly #bridge: InMemoryInvalidationBridge;
  readonly #tampered: InvalidationBridge;
  readonly #members = new Set<SimulatedMember>();

  constructor({ maxStaleness, chunk, tamper = (bridge) => bridge, isObserved = false }: SimulatedWorldOptions) {
    this.history = new History({ now: () => this.clock.now(), maxStaleness });
    const serverClock = new ServerClock(this.clock);
    this.#bridge = new InMemoryInvalidationBridge({ clock: serverClock, chunk });
    this.#tampered = tamper(this.#bridge);
    this.faults = simulatedFaults({
      bridge: this.#bridge,
      serverClock,
      members: this.history.members,
      namespace: cacheSettings().namespace,
      after: (milliseconds, heal) => void this.clock.schedule(heal, milliseconds),
    });
    if (isObserved) new Observers(this.#bridge, cacheSettings().namespace, this.clock, this.history).start();
  }

  async join(name: string, settings: Partial<CacheSettings>): Promise<SimulatedMember> {
    const { maxStaleness = this.history.maxStaleness } = settings;
    const machine = new Machine(this.clock);
    const now = (): number => machine.now();
    const instance = this.history.instance(name, { ...optionsOf(settings), maxStaleness, now });
    const wire = new Wire(this.clock, machine);
    const { sizeOf } = instance;
    const cache = new DistributedCache(cacheSettings({ ...settings, maxStaleness, sizeOf }), { clock: machine });
    instance.watch(cache);
    const bridge = wire.over(this.history.witnessed(wire.toServer(this.#tampered)));
    cache.start(fewAnswers(this.history, instance, now, this.history.overheard(instance, bridge)));
    const member: SimulatedMember = {
      shop: new Shop(this.history, instance, machine),
      machine,
      wire,
      get isRunning() {
        return !machine.isStopped;
      },
      whenRunning: (callback) => machine.run(callback),
    };
    this.#members.add(member);
    return member;
  }

  kill({ shop, wire }: SimulatedMember): void {
    shop.instance.dies();
    wire.die();
    // Otherwise its timers would run on in this process.
    void shop.instance.cache.close();
  }

  async heal(): Promise<void> {
    this.#bridge.heal();
    for (const { wire } of this.#members) wire.heal();
  }

  async run<T>(running: Promise<T>): Promise<T> {
    const state = { isRunning: true };
    const settled = (): void => void (state.isRunning = false);
    running.then(settled, settled);
    while (state.isRunning) await this.clock.advance(1_000);
    return running;
  }
}
