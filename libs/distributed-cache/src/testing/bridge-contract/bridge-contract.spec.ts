import { describe, expect, it } from 'vitest';
import { holdToContract } from '../../../../../test/support/bridges/hold-to-contract.js';
import { minimalHarness, MISTAKES, type Mistake } from '../../../../../test/support/bridges/minimal-bridge.js';
import { bridgeContract } from './bridge-contract.js';

holdToContract('A bridge that somebody else wrote', () => minimalHarness());

/** One case that each mistake must fail. */
const FOUND: Record<Mistake, RegExp> = {
  'compares ids as text': /^ids have the order of the log/,
  'names no previous entry': /^a message names the entry before it/,
  'cuts long payloads': /^a message carries any text unchanged/,
  'mixes the namespaces': /^two namespaces are kept apart/,
  'keeps no hash of what came before': /^a sync chains every entry to the one before it/,
  'trusts the id without the hash': /its history is another$/,
  'keeps its epoch over a restart': /^a restart of the server changes the epoch/,
  'leaves an empty log empty': /^a sync that finds the log empty appends the no-op/,
  'sends the whole backlog at once': /^a sync gives a long backlog in chunks/,
  'forgets to trim': /once the position was trimmed away$/,
  'gives entries no age': /^a sync tells the age of every entry/,
  'lists everybody who has dialled': /^a publish to members tells every instance that has synced/,
  'keeps members that have left': /^a publish to members does not tell an instance that has left/,
  'tells no settings': /^a publish to members tells each combination of settings once/,
  'tells members only to publishers': /^a sync tells the members when they are wanted/,
  'keeps no settings that are remembered': /^a sync from another epoch leaves the settings that its instance remembers/,
  'takes the list for complete at once': /^a publish to members says that the list is young/,
  'takes what was trimmed for lost': /^a sync says that something has vanished only where/,
  'tells everybody when it is exercised': /^an exercise of the connections/,
  'acknowledges without a name': /^an acknowledgement reaches/,
  'breaks links without a word': /^a restart of the server breaks each link once/,
  'serves a closed link': /^a closed link brings nothing more/,
  'ignores the signal': /^a dial whose signal is aborted rejects/,
};

describe('The contract of a bridge', () => {
  it.each(MISTAKES)('fails a bridge that %s', async (mistake) => {
    const failed: string[] = [];
    for (const each of bridgeContract(() => minimalHarness(mistake), { patience: 50 })) {
      await each.run().catch(() => failed.push(each.title));
    }
    expect(failed.filter((title) => FOUND[mistake].test(title))).toHaveLength(1);
  });

  it('has a title for each case that no other has', () => {
    const titles = bridgeContract(() => minimalHarness()).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('fails with an error that says what was found', async () => {
    const contract = bridgeContract(() => minimalHarness('keeps its epoch over a restart'));
    const run = contract.find(({ title }) => title.startsWith('a restart of the server changes the epoch'))?.run;
    await expect(run?.()).rejects.toMatchObject({ code: 'ERR_ASSERTION', actual: 'run 1' });
  });

  it('closes what the harness holds, whether a case passes or fails', async () => {
    let open = 0;
    const counted = async () => {
      open += 1;
      const harness = await minimalHarness('gives entries no age');
      return { ...harness, close: async () => void (open -= 1) };
    };
    for (const { run } of bridgeContract(counted, { patience: 20 })) await run().catch(() => undefined);
    expect(open).toBe(0);
  });
});
