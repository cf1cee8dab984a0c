import {
  CacheClosedError,
  InvalidationNotConfirmedError,
  LoadTimeoutError,
} from '../../libs/distributed-cache/src/errors.js';
import { audited } from './audited.js';
import { READS, WRITES, type Operation } from './operations.js';
import { planned, type Plan } from './plan.js';
import type { Random } from '../../tools/random.mjs';
import { LoaderFailedError, RolledBackError } from './shop.js';
import { sourceFaults } from './source-faults.js';
import type { Theme } from './themes/theme.js';
import { THEMES } from './themes/themes.js';
import { LONG_ABSENCE, type Fault, type Member, type World } from './world.js';

/** The longest time that a history takes at its end, so that every instance has synced once more, in ms. */
const LONGEST_END = 10_000;
/**
 * How long after the last fault every instance must be coherent and every operation must have ended, in ms. Reads that wait for each other
 * where nobody can see it take several rounds of five seconds.
 */
const LONGEST_RECOVERY = 60_000;
const MOST_INSTANCES = 7;
/** How long an audit takes at most, in ms: it waits, and then for a sync. */
const LONGEST_AUDIT = 13_000;
/** What is held in an old version is read so often until it must have been reported. */
const MOST_ROUNDS = 12;
/** The errors that an operation may fail with. */
const EXPECTED = [
  LoaderFailedError,
  LoadTimeoutError,
  CacheClosedError,
  InvalidationNotConfirmedError,
  RolledBackError,
];

export interface ScheduleOptions {
  readonly density?: number | undefined;
  readonly themes?: readonly Theme[] | undefined;
  /** Whether every hit is audited, whatever the theme is about. */
  readonly audits?: boolean | undefined;
}

/** One run of a world by a plan: first the steps that the seed draws, then the time in which everything must become coherent again. */
export class Schedule<M extends Member> {
  readonly faults = new Map<string, number>();
  readonly theme: Theme;
  readonly #world: World<M>;
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #reads: readonly Operation[];
  readonly #writes: readonly Operation[];
  readonly #faults: readonly Fault<M>[];
  readonly #members = new Set<M>();
  #pending = 0;
  #joined = 0;

  /**
   * @param density - see {@link planned}
   * @param themes - those that the seed draws from
   */
  constructor(world: World<M>, random: Random, { density, themes = THEMES, audits = false }: ScheduleOptions = {}) {
    this.#world = world;
    this.#random = random;
    this.theme = random.weighted(themes) ?? { kind: 'none', weight: 0 };
    const { reads = [], writes = [], faults = [] } = this.theme;
    const plan = planned(random, world.history.maxStaleness, density);
    this.#plan = { ...plan, ...this.theme.plan?.(plan, random), ...(audits && { isAudited: true }) };
    this.#reads = [...random.some(READS), ...reads];
    this.#writes = [...random.some(WRITES), ...writes];
    this.#faults = [
      ...random.few(world.faults),
      ...faults.flatMap((kind) => this.#faultsOf(kind)),
      ...(this.#plan.sourceFails ? sourceFaults(world.history.source, world.clock) : []),
    ];
  }

  async run(): Promise<void> {
    const { history } = this.#world;
    for (let index = 0; index < this.#plan.instances; index += 1) await this.#join();
    await this.#steps();
    if (this.#plan.absence !== undefined) {
      // The others must know that the one which serves longest may still be there.
      const [member] = [...this.#members].toSorted((one, other) => stalenessOf(other) - stalenessOf(one));
      if (member) for (const fault of this.#faultsOf(LONG_ABSENCE)) this.#inject(member, fault);
      await this.#pass(this.#plan.absence);
      await this.#steps();
    }
    await this.#recover();
    await this.#pass(Math.min(this.#longestStaleness(), LONGEST_END) + 250);
    history.expectAgreement();
    if (this.#plan.isAudited) await this.#expectReports();
    await this.#close();
  }

  /** Reads what is old until audits have reported it. */
  async #expectReports(): Promise<void> {
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds += 1) {
      let isComplete = true;
      for (const { shop } of this.#members) {
        // One of a region: while it is audited, no other is.
        const subjects = new Map(shop.instance.unreported().map((subject) => [subject.region, subject]));
        for (const subject of subjects.values()) this.#track(shop.read(subject));
        isComplete &&= subjects.size === 0;
      }
      if (isComplete) return;
      await this.#pass(LONGEST_AUDIT);
    }
    for (const { shop } of this.#members) {
      const { name: instance } = shop.instance;
      for (const subject of shop.instance.unreported())
        this.#world.history.violated('true audits', { instance, ...subject }, { why: 'it was read and not reported' });
    }
  }

  async #steps(): Promise<void> {
    const { clock } = this.#world;
    const end = clock.now() + this.#plan.length;
    while (clock.now() < end) {
      await this.#pass(this.#random.chance(0.2) ? 0 : this.#random.between(0, this.#plan.longestPause));
      this.#happen();
    }
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
    if (fault) this.#inject(member, fault);
  }

  #inject(member: M, fault: Fault<M>): void {
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
    const { settings, settingsOfEach, isAudited } = this.#plan;
    const own = { ...settings, ...settingsOfEach?.(this.#random) };
    const { source } = this.#world.history;
    const member = await this.#world.join(`i${this.#joined}`, isAudited ? audited(own, source) : own);
    this.#members.add(member);
    this.theme.joined?.(member.shop, this.#plan, this.#random);
    for (const kind of this.theme.faultsFromTheBeginning ?? []) this.#fail(member, this.#faultsOf(kind));
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
    history.source.heal();
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

  #faultsOf(kind: string): readonly Fault<M>[] {
    return this.#world.faults.filter((fault) => fault.kind === kind);
  }

  #longestStaleness(): number {
    return Math.max(...Array.from(this.#members, stalenessOf));
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

function stalenessOf({ shop }: Member): number {
  return shop.instance.maxStaleness;
}
