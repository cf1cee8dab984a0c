import { describe, expect, it } from 'vitest';
import { memberWith } from '../../../../../test/support/bridges/bridge-member.js';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { Confirmations } from './confirmations.js';
import type { ListedMember } from '../../protocol/member.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';

const name: InvalidationTarget = { kind: 'region', region: 'r' };
const AGED = 3_600_000;
const MINUTE = 60_000;

function listed(count: number): ListedMember[] {
  return Array.from({ length: count }, (_, index) => ({
    member: memberWith({ instanceId: `m${index}` }),
    syncAge: 0,
  }));
}

/** One eviction in `messages` messages, all of them accepted, on `count` other instances. */
function asked(messages: number, count: number) {
  const clock = new ManualClock(0);
  const confirmations = new Confirmations(memberWith({ instanceId: 'a' }), clock, () => 'the bridge');
  const settled = confirmations.begin([name], MINUTE);
  const ackRequests = Array.from({ length: messages }, () => confirmations.nextAckRequest()).filter(
    (ackRequest) => ackRequest !== undefined,
  );
  confirmations.allSent();
  for (const ackRequest of ackRequests)
    confirmations.accepted(ackRequest, 0, { id: '1-0', members: listed(count), listAge: AGED });
  return { clock, confirmations, settled, tokens: ackRequests.map(({ token }) => token) };
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

it('an eviction everywhere after a restart waits for unknown instances with maxStaleness: Infinity', async () => {
  const clock = new ManualClock(0);
  const self = memberWith({ instanceId: 'a', maxStaleness: Infinity });
  const confirmations = new Confirmations(self, clock, () => 'the bridge');
  const failure = failureOf(confirmations.begin([name], MINUTE));
  const ackRequest = confirmations.nextAckRequest();
  confirmations.allSent();
  if (ackRequest)
    confirmations.accepted(ackRequest, 0, { id: '1-0', members: [{ member: self, syncAge: 0 }], listAge: 0 });
  await clock.advance(MINUTE);
  expect(String(await failure)).toContain('the bridge was restarted lately');
});

it('an acknowledgement that arrives before the answer of the log counts', async () => {
  const confirmations = new Confirmations(memberWith({ instanceId: 'a' }), new ManualClock(0), () => 'the bridge');
  const settled = confirmations.begin([name], MINUTE);
  const ackRequest = confirmations.nextAckRequest();
  confirmations.allSent();
  confirmations.acknowledged(ackRequest?.token ?? '', 'm0');
  if (ackRequest) confirmations.accepted(ackRequest, 0, { id: '1-0', members: listed(1), listAge: AGED });
  expect(await settled).toEqual({ delivered: true, instances: 2, waited: 0 });
});

it('a member with a lease longer than a timer can wait is checked again at long intervals', async () => {
  const clock = new ManualClock(0);
  const confirmations = new Confirmations(memberWith({ instanceId: 'a' }), clock, () => 'the bridge');
  void confirmations.begin([name], MINUTE).catch(() => undefined);
  const delays: number[] = [];
  const { schedule } = clock;
  clock.schedule = (callback, delay) => {
    delays.push(delay);
    return schedule.call(clock, callback, delay);
  };
  const ackRequest = confirmations.nextAckRequest();
  confirmations.allSent();
  const members = [{ member: memberWith({ instanceId: 'm0', maxStaleness: 2 ** 40 }), syncAge: 0 }];
  if (ackRequest) confirmations.accepted(ackRequest, 0, { id: '1-0', members, listAge: AGED });
  expect(delays).toEqual([86_400_000]);
});
