import { describe, expect, it } from 'vitest';
import { RecordedLogger } from '../../../../test/support/instances/recorded-logger.js';
import { BridgeRefusal } from '../protocol/invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { OperatorMessages } from './operator-messages.js';

function messages(): { readonly said: OperatorMessages; readonly log: RecordedLogger; readonly clock: ManualClock } {
  const clock = new ManualClock();
  const log = new RecordedLogger();
  return { said: new OperatorMessages('shop', log, clock), log, clock };
}

describe('What operators should know about a link that works', () => {
  it('is logged once a minute while it delays invalidations, with what the server said', async () => {
    const { said, log, clock } = messages();
    const notice = { severity: 'error', message: 'It may not publish', cause: 'NOPERM' } as const;
    for (let second = 0; second < 90; second += 1) {
      said.noticed(notice);
      await clock.advance('1s');
    }
    expect(log.at('error')).toHaveLength(2);
    expect(log.at('error')[0]).toMatchObject({ message: 'It may not publish', parameters: { cause: 'NOPERM' } });
  });

  it('is logged once otherwise, each sentence', async () => {
    const { said, log, clock } = messages();
    for (const message of ['No INFO', 'No password', 'No INFO']) said.noticed({ severity: 'warn', message });
    await clock.advance('1h');
    said.noticed({ severity: 'warn', message: 'No INFO' });
    expect(log.at('warn').map(({ message }) => message)).toEqual(['No INFO', 'No password']);
  });

  it('fills neither the log nor the memory when a bridge never says the same', () => {
    const { said, log } = messages();
    for (let i = 0; i < 1_000; i += 1) said.noticed({ severity: 'warn', message: `${i}` });
    expect(log.at('warn')).toHaveLength(100);
  });
});

it('A link that was refused is dialled again until the other side accepts it: it has answered', () => {
  const { said, log } = messages();
  said.disconnected(new BridgeRefusal('report', 'WRONGPASS'), 10_000, undefined);
  said.connected();
  said.disconnected(new Error('connect ECONNREFUSED'), 10_000, undefined);
  expect(log.at('warn').map(({ message }) => /until the bridge (\w+)/.exec(message)?.[1])).toEqual([
    'accepts',
    'answers',
  ]);
});

it('A link that is cut regularly is told with times in whole ms', () => {
  const { said, log } = messages();
  said.disconnected(new Error('cut'), 10_000, { after: 4_999.6, heartbeat: 10_000 / 3 });
  expect(log.at('warn')[0]?.parameters).toMatchObject({ cutAfter: 5_000, heartbeat: 3_333 });
});
