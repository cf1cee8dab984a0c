import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberWith, NOBODY_ELSE } from '../../../../../test/support/bridges/bridge-member.js';
import { InMemoryLog, isAfter } from '../../testing/in-memory-log.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { newBridgeCounts } from '../bridge-stats.js';
import type { Doorbell } from '../../protocol/invalidation-bridge.js';
import { LogFollower } from './log-follower.js';

const LOG_LENGTH = 20;

/** What happens to a follower: the log grows, with or without its doorbell; somebody forges one; a sync. */
type Step =
  | { readonly kind: 'append'; readonly isRung: boolean }
  | { readonly kind: 'forge'; readonly previousId: number | undefined; readonly id: number; readonly isEcho: boolean }
  | { readonly kind: 'sync'; readonly rungMeanwhile: number }
  | { readonly kind: 'wipe' | 'restart' | 'open a link' };

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), isRung: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('forge' as const),
      // Relative to where the follower stands.
      previousId: fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined }),
      id: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Infinity)),
      isEcho: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('sync' as const), rungMeanwhile: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('wipe' as const, 'restart' as const, 'open a link' as const) }),
  },
);

/** A follower, its log, and what was applied since everything was dropped last. */
class Scene {
  readonly log = new InMemoryLog();
  readonly clock = new ManualClock();
  readonly stats = newBridgeCounts();
  readonly applied = new Set<string>();
  /** Appended since the follower last dropped everything: those it must have applied once it has synced. */
  owed: string[] = [];
  readonly follower = new LogFollower(
    this.clock,
    this.stats,
    {
      apply: (payload) => void this.applied.add(payload),
      flush: () => (this.owed = []),
      fellBehind() {},
      caughtUp() {},
    },
    () => `no-op ${(this.#noOps += 1)}`,
    isAfter,
  );
  #noOps = 0;
  #payloads = 0;
  #lastBell: Doorbell | undefined;

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) await this.#step(each);
  }

  /** A sync as a link asks for it: at once, with the answer on its way while other things are heard. */
  async sync(rungMeanwhile = 0): Promise<boolean> {
    const outcome = await this.follower.sync(
      async (request) => {
        const reply = this.log.sync({ ...request, ...NOBODY_ELSE }, memberWith(), 5, LOG_LENGTH, this.clock.wallNow());
        for (let index = 0; index < rungMeanwhile; index += 1) this.#append(true);
        return reply;
      },
      false,
      () => false,
    );
    return outcome.kind === 'complete' && !outcome.hasGap;
  }

  async #step(each: Step): Promise<void> {
    switch (each.kind) {
      case 'append':
        this.#append(each.isRung);
        return;
      case 'forge':
        this.#forge(each);
        return;
      case 'sync':
        await this.sync(each.rungMeanwhile);
        return;
      case 'wipe':
        this.log.trim(0);
        return;
      case 'restart':
        this.log.restart();
        return;
      case 'open a link':
        this.follower.linkOpened();
    }
  }

  #append(isRung: boolean): void {
    this.#payloads += 1;
    const payload = `payload ${this.#payloads}`;
    const entry = this.log.append(payload, LOG_LENGTH, this.clock.wallNow());
    this.owed.push(payload);
    this.#lastBell = { payload, entry };
    if (isRung) this.follower.heard(this.#lastBell);
  }

  #forge({ previousId, id, isEcho }: Step & { readonly kind: 'forge' }): void {
    const [milliseconds = '0', sequence = '0'] = this.follower.position?.id.split('-') ?? [];
    const at = (offset: number): string =>
      offset === Infinity ? '18446744073709551615-0' : `${milliseconds}-${Math.max(0, Number(sequence) + offset)}`;
    const entry = { id: at(id), previousId: previousId === undefined ? undefined : at(previousId) };
    const payload = isEcho && this.#lastBell ? this.#lastBell.payload : 'forged';
    // An echo makes the follower apply what it says, whatever its ids: that is what was promised.
    this.follower.heard({ payload, entry });
  }
}

describe('With doorbells forged and lost, the log wiped and the server restarted,', () => {
  it('a follower that has synced has applied every entry since the log was last empty, and has the position of the newest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const scene = new Scene();
        await scene.sync();
        await scene.run(steps);

        // One for what is still open, and at most one for what was rung while it was.
        const isSettled = (await scene.sync()) || (await scene.sync());
        expect(isSettled).toBe(true);
        expect(scene.owed.filter((payload) => !scene.applied.has(payload))).toEqual([]);

        const request = { position: scene.follower.position, epoch: undefined, noOp: 'no-op', ...NOBODY_ELSE };
        expect(scene.follower.position).toEqual(scene.log.sync(request, memberWith(), 5, LOG_LENGTH, 0).newest);
      }),
      { numRuns: 2_000 },
    );
  });
});
