import { expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.js';
import { OnceAMinute } from './once-a-minute.js';

it('runs one action a minute for each subject', async () => {
  const clock = new ManualClock();
  const complaints = new OnceAMinute(clock);
  const heard: string[] = [];
  const complain = (subject: string): void => complaints.run(subject, () => heard.push(subject));

  complain('malformed');
  complain('malformed');
  complain('refused');
  expect(heard).toEqual(['malformed', 'refused']);

  await clock.advance(59_999);
  complain('malformed');
  expect(heard).toHaveLength(2);

  await clock.advance(1);
  complain('malformed');
  expect(heard).toEqual(['malformed', 'refused', 'malformed']);
});

it('remembers no more than 1,000 subjects, and hears new ones a minute later', async () => {
  const clock = new ManualClock();
  const complaints = new OnceAMinute(clock);
  const heard: string[] = [];
  const complainOfAll = (prefix: string): void => {
    for (let tenant = 0; tenant < 1_500; tenant += 1) {
      const subject = `${prefix}-${tenant}`;
      complaints.run(subject, () => heard.push(subject));
    }
  };
  complainOfAll('early');
  complainOfAll('early');
  expect(heard).toHaveLength(1_000);

  await clock.advance(60_000);
  complainOfAll('late');
  expect(heard).toHaveLength(2_000);
});
