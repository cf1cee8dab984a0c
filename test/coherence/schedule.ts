import { CacheClosedError, InvalidationNotConfirmedError } from '../../libs/distributed-cache/src/errors.js';
import { READS, WRITES, type Operation } from './operations.js';
import { planned, type Plan } from './plan.js';
import type { Random } from '../../tools/random.mjs';
import { LoaderFailedError } from './shop.js';
import type { Fault, Member, World } from './world.js';

/** How long after the last fault every instance must be coherent and every operation must have ended, in ms. */
const LONGEST_RECOVERY = 30_000;
const MOST_INSTANCES = 7;
/** The errors that an operation may fail with. */
const EXPECTED = [LoaderFailedError, CacheClosedError, InvalidationNotConfirmedError];

/** One run of a world by a plan: first the steps that the seed draws, then the time in which everything must become coherent again. */
export class Schedule<M extends Member> {
  readonly faults = new Map<string, number>();
  readonly #world: World<M>;
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #reads: readonly Operation[];
  readonly #writes: readonly Operation[];
  readonly #faults: readonly Fault<M>[];
  readonly #members = new Set<M>();
  #pending = 0;
  #joined = 0;

  /** @param density - see {@link planned} */
  constructor(world: World<M>, random: Random, density?: number) {
    this.#world = world;
    this.#random = random;
    this.#plan = planned(random, world.history.maxStaleness, density);
    this.#reads = random.some(READS);
    this.#writes = random.some(WRITES);
    this.#faults = random.few(world.faults);
  }

  async run(): Promise<void> {
    const { clock, history } = this.#world;
    for (let index = 0; index < this.#plan.instances; index += 1) await this.#join();
    const end = clock.now() + this.#plan.length;
    while (clock.now() < end) {
      await this.#pass(this.#random.chance(0.2) ? 0 : this.#random.between(0, this.#plan.longestPause));
      this.#happen();
    }
    await this.#recover();
    await this.#pass(history.maxStaleness + 250);
    history.expectAgreement();
    await this.#close();
  }

  #happen(): void {
    const random = this.#random;
    const { faultShare, turnover } = this.#plan;
    const member = random.pick([...this.#members]);
    if (!member || random.chance(turnover)) this.#comeOrGo(member);
    else if (random.chance(faultShare)) this.#fail(member);
    else for (let times = 0; times < this.#plan.atOnce; times += 1) this.#operate(member);
  }

  #operate(member: M): void {
    const random = this.#random;
    const operation = random.weighted(random.chance(this.#plan.writeShare) ? this.#writes : this.#reads);
    member.whenRunning(() => {
      if (operation && member.shop.instance.isServing) this.#track(operation.run(member.shop, this.#plan, random));
    });
  }

  #fail(member: M, faults = this.#faults): void {
    const fault = this.#random.weighted(faults);
    if (!fault) return;
    this.#world.history.note('fault:', fault.kind, member.shop.instance.name);
    this.faults.set(fault.kind, (this.faults.get(fault.kind) ?? 0) + 1);
    fault.inject(member, this.#random);
  }

  #comeOrGo(member: M | undefined): void {
    if (!member || this.#members.size < 2 || this.#random.chance(0.5)) {
      if (this.#joined < MOST_INSTANCES) this.#track(this.#join());
      return;
    }
    this.#members.delete(member);
    if (this.#random.chance(0.5)) {
      this.faults.set('instance killed', (this.faults.get('instance killed') ?? 0) + 1);
      this.#world.kill(member);
      return;
    }
    // If its machine stands still, it leaves when that runs again.
    member.shop.instance.isServing = false;
    this.#track(new Promise<void>((resolve) => member.whenRunning(() => resolve(leave(member)))));
  }

  async #join(): Promise<void> {
    this.#joined += 1;
    const member = await this.#world.join(`i${this.#joined}`, this.#plan.settings);
    this.#members.add(member);
    // Some instances are read before they have reached the server for the first time.
    if (this.#random.chance(0.2))
      this.#fail(
        member,
        this.#world.faults.filter(({ cutsOff }) => cutsOff),
      );
  }

  async #recover(): Promise<void> {
    const { clock, history } = this.#world;
    await this.#world.heal();
    history.note('all faults', 'end');
    const deadline = clock.now() + LONGEST_RECOVERY;
    while (this.#pending > 0 || [...this.#members].some((member) => !isCoherent(member))) {
      if (clock.now() > deadline) {
        this.#hasNotRecovered();
        return;
      }
      await this.#pass(200);
    }
  }

  #hasNotRecovered(): void {
    for (const { shop } of this.#members) {
      const { name: instance, cache } = shop.instance;
      const { state, outbox } = cache.status();
      if (state === 'coherent' && outbox === 0 && this.#pending === 0) continue;
      const details = { state, outbox, pending: this.#pending, why: 'not over long after the last fault' };
      this.#world.history.violated('agreement after the faults', { instance, region: '', key: '' }, details);
    }
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#members].map(leave));
  }

  #track(operation: Promise<unknown> | void): void {
    if (!operation) return;
    this.#pending += 1;
    void this.#over(operation);
  }

  async #over(operation: Promise<unknown>): Promise<void> {
    try {
      await operation;
    } catch (error) {
      if (!EXPECTED.some((expected) => error instanceof expected)) throw error;
    } finally {
      this.#pending -= 1;
    }
  }

  #pass(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#world.clock.schedule(resolve, milliseconds));
  }
}

async function leave({ shop: { instance } }: Member): Promise<void> {
  instance.closes();
  await instance.cache.close();
  instance.closed();
}

function isCoherent({ isRunning, shop: { instance } }: Member): boolean {
  const { state, outbox } = instance.cache.status();
  return isRunning && state === 'coherent' && outbox === 0;
}
