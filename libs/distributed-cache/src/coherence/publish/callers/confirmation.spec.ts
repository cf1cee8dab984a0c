import { describe, expect, it } from 'vitest';
import { memberWith, peersOf } from '../../../../../../test/support/bridges/bridge-member.js';
import { failureOf } from '../../../../../../test/support/common/failure-of.js';
import { ManualClock } from '../../../testing/manual-clock.js';
import type { MembersReply } from '../../../protocol/invalidation-bridge.js';
import { Confirmations } from './confirmations.js';
import type { ListedMember, Member } from '../../../protocol/member.js';
import type { InvalidationTarget } from '../../../protocol/invalidation.js';

const name: InvalidationTarget = { kind: 'region', region: 'r' };
const AGED = 3_600_000;
const MINUTE = 60_000;

function listed(count: number): ListedMember[] {
  return Array.from({ length: count }, (_, index) => ({
    member: memberWith({ instanceId: `m${index}` }),
    syncAge: 0,
  }));
}

/** The answer of a log whose list of members is complete. */
function reply(members: readonly ListedMember[], listAge = AGED): MembersReply {
  return { id: '1-0', members, settings: [], listAge };
}

function waiting(clock: ManualClock, self: Member = memberWith({ instanceId: 'a' })): Confirmations {
  return new Confirmations(self.instanceId, peersOf(self), clock, () => 'the bridge');
}

/** One eviction in `messages` messages, all of them accepted, on `count` other instances. */
function asked(messages: number, count: number) {
  const clock = new ManualClock(0);
  const confirmations = waiting(clock);
  const settled = confirmations.begin([name], MINUTE);
  const sent = Array.from({ length: messages }, () => confirmations.ofNextMessage([name])).filter(
    (message) => message !== undefined,
  );
  confirmations.allSent();
  for (const message of sent) confirmations.accepted(message, 0, reply(listed(count)));
  return { clock, confirmations, settled, tokens: sent.map(({ token }) => token) };
}

describe('an eviction of many messages on many instances', () => {
  it('is confirmed when all leases are over, also when these are more than a call takes arguments', async () => {
    // 10 000 keys of 1 KiB leave in about 1 400 messages.
    const { clock, settled } = asked(1_400, 150);
    await clock.advance(MINUTE - 1);
    expect((await settled).instances).toBe(151);
  });

  it('is confirmed when each instance has acknowledged each message', async () => {
    const { confirmations, settled, tokens } = asked(100, 100);
    for (const token of tokens)
      for (const { member } of listed(100)) confirmations.acknowledged(token, member.instanceId);
    expect(await settled).toEqual({ delivered: true, instances: 101, waited: 0 });
  });

  it('is not confirmed while one instance has not acknowledged one message', async () => {
    const { clock, confirmations, settled, tokens } = asked(3, 3);
    for (const token of tokens)
      for (const { member } of listed(token === tokens[1] ? 2 : 3))
        confirmations.acknowledged(token, member.instanceId);
    await clock.advance(10_001);
    expect(await settled).toEqual({ delivered: true, instances: 4, waited: 10_001 });
  });
});

it.each([
  ['new-list', 'the list of instances on the bridge is only 3 s old, as this namespace was new there or its data lost'],
  ['other-server', 'the bridge was restarted or failed over 3 s ago and may have forgotten an instance'],
  ['unknown-server', 'the bridge does not say which server it is (where it is Redis, the user lacks +info)'],
  [undefined, 'the bridge knows for too short a time which instances there are'],
] as const)(
  'an eviction that only unknown instances keep unconfirmed says why there may be some: %s',
  async (listBegan, why) => {
    const clock = new ManualClock(0);
    const self = memberWith({ instanceId: 'a', maxStaleness: 10_000 });
    const confirmations = waiting(clock, self);
    const failure = failureOf(confirmations.begin([name], 1_000));
    const message = confirmations.ofNextMessage([name]);
    confirmations.allSent();
    if (message) confirmations.accepted(message, 0, { ...reply([{ member: self, syncAge: 0 }], 3_999), listBegan });
    await clock.advance(1_000);
    expect(String(await failure)).toContain(`within 1000 ms: every listed instance has confirmed it, but ${why}`);
  },
);

it('an eviction everywhere after a restart waits for unknown instances with maxStaleness: Infinity', async () => {
  const clock = new ManualClock(0);
  const self = memberWith({ instanceId: 'a', maxStaleness: Infinity });
  const confirmations = waiting(clock, self);
  const failure = failureOf(confirmations.begin([name], MINUTE));
  const message = confirmations.ofNextMessage([name]);
  confirmations.allSent();
  if (message) confirmations.accepted(message, 0, reply([{ member: self, syncAge: 0 }], 0));
  await clock.advance(MINUTE);
  expect(String(await failure)).toContain('the bridge knows for too short a time which instances there are');
});

it('an acknowledgement that arrives before the answer of the log counts', async () => {
  const confirmations = waiting(new ManualClock(0));
  const settled = confirmations.begin([name], MINUTE);
  const message = confirmations.ofNextMessage([name]);
  confirmations.allSent();
  confirmations.acknowledged(message?.token ?? '', 'm0');
  if (message) confirmations.accepted(message, 0, reply(listed(1)));
  expect(await settled).toEqual({ delivered: true, instances: 2, waited: 0 });
});

it('a member with a lease longer than a timer can wait is checked again at long intervals', async () => {
  const clock = new ManualClock(0);
  const confirmations = waiting(clock);
  void confirmations.begin([name], MINUTE).catch(() => undefined);
  const delays: number[] = [];
  const { schedule } = clock;
  clock.schedule = (callback, delay) => {
    delays.push(delay);
    return schedule.call(clock, callback, delay);
  };
  const message = confirmations.ofNextMessage([name]);
  confirmations.allSent();
  const members = [{ member: memberWith({ instanceId: 'm0', maxStaleness: 2 ** 40 }), syncAge: 0 }];
  if (message) confirmations.accepted(message, 0, reply(members));
  expect(delays).toEqual([86_400_000]);
});

describe('evictions everywhere of one tick', () => {
  it('share their messages, one promise and one timer: thousands of them cost hardly more than one', async () => {
    const clock = new ManualClock(0);
    const scheduled = countTimers(clock);
    const confirmations = waiting(clock);
    const all = Array.from({ length: 4_000 }, () => confirmations.begin([name], MINUTE));
    expect(new Set(all).size).toBe(1);
    const sent = Array.from({ length: 40 }, () => confirmations.ofNextMessage([name]));
    confirmations.allSent();
    for (const message of sent) if (message) confirmations.accepted(message, 0, reply(listed(10)));
    for (const message of sent)
      for (const { member } of listed(10)) confirmations.acknowledged(message?.token ?? '', member.instanceId);
    expect((await all[0])?.instances).toBe(11);
    // One for the timeout, one for the leases.
    expect(scheduled()).toBe(2);
  });

  it('end at the timeout of each caller, and the others wait on', async () => {
    const clock = new ManualClock(0);
    const confirmations = waiting(clock);
    const short = failureOf(confirmations.begin([name], 500));
    const long = confirmations.begin([name], MINUTE);
    const message = confirmations.ofNextMessage([name]);
    confirmations.allSent();
    if (message) confirmations.accepted(message, 0, reply(listed(1)));
    await clock.advance(500);
    expect(await short).toMatchObject({ missing: ['m0'] });
    confirmations.acknowledged(message?.token ?? '', 'm0');
    expect(await long).toEqual({ delivered: true, instances: 2, waited: 500 });
  });

  it('are asked for again together with later ones after one of their messages has come back', async () => {
    const clock = new ManualClock(0);
    const confirmations = waiting(clock);
    const first = confirmations.begin([name], MINUTE);
    const sent = [confirmations.ofNextMessage([name]), confirmations.ofNextMessage([name])];
    confirmations.allSent();
    await clock.advance(10);
    const second = confirmations.begin([name], MINUTE);
    for (const message of sent) if (message) confirmations.returned(message);
    const again = confirmations.ofNextMessage([name]);
    expect(confirmations.ofNextMessage([name])).toBeDefined();
    confirmations.allSent();
    expect(confirmations.ofNextMessage([name])).toBeUndefined();

    for (const message of sent) confirmations.acknowledged(message?.token ?? '', 'm0');
    if (again) confirmations.accepted(again, 10, reply([]));
    expect(await Promise.race([first, second, Promise.resolve('both wait')])).toBe('both wait');
    confirmations.leave();
    for (const each of [first, second]) expect(String(await failureOf(each))).toContain('has not accepted it');
  });

  it('of many ticks are published again as one when another server keeps the log', async () => {
    const clock = new ManualClock(0);
    const confirmations = waiting(clock);
    const all: Promise<unknown>[] = [];
    for (let tick = 0; tick < 100; tick += 1) {
      all.push(confirmations.begin([name], MINUTE));
      const message = confirmations.ofNextMessage([name]);
      confirmations.allSent();
      if (message) confirmations.accepted(message, 0, reply(listed(1)));
      await clock.advance(5);
    }
    expect(confirmations.askAgain()).toEqual([name]);
    const message = confirmations.ofNextMessage([name]);
    confirmations.allSent();
    if (message) confirmations.accepted(message, 500, reply(listed(2)));
    for (const { member } of listed(2)) confirmations.acknowledged(message?.token ?? '', member.instanceId);
    for (const each of all) expect(await each).toMatchObject({ instances: 3 });
  });
});

it('an eviction everywhere ends when the time of the last missing instance is over, also after one with Infinity acknowledged', async () => {
  const clock = new ManualClock(0);
  const confirmations = waiting(clock);
  const settled = confirmations.begin([name], MINUTE);
  const message = confirmations.ofNextMessage([name]);
  confirmations.allSent();
  const patient = { member: memberWith({ instanceId: 'patient', maxStaleness: Infinity }), syncAge: 0 };
  if (message) confirmations.accepted(message, 0, reply([patient, ...listed(1)]));
  await clock.advance(100);
  confirmations.acknowledged(message?.token ?? '', 'patient');
  await clock.advance(10_000);
  expect((await settled).waited).toBe(10_001);
});

function countTimers(clock: ManualClock): () => number {
  let count = 0;
  const { schedule } = clock;
  clock.schedule = (callback, delay) => {
    count += 1;
    return schedule.call(clock, callback, delay);
  };
  return () => count;
}
