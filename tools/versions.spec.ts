import { expect, it } from 'vitest';
import { changesIn, versionAfter } from './versions.mjs';

it('users notice features, corrections and what breaks, and no other commit', () => {
  const messages = [
    'feat(http): cache HEAD, too\n\nThe reason.\n',
    'perf(cache): make one promise\n',
    'fix!: refuse what was taken\n',
    'refactor(redis): move a file\n\nBREAKING CHANGE: the option is gone.\n',
    'docs: say that BREAKING CHANGE: is a footer\n',
    'chore(release): 0.2.0\n',
    'a message from before\n',
  ];
  expect(changesIn(messages).map(({ kind }) => kind)).toEqual(['feature', 'correction', 'breaking', 'breaking']);
});

it.each([
  ['0.1.0', 'fix: a', '0.1.1'],
  ['0.1.1', 'perf: a', '0.1.2'],
  ['0.1.1', 'feat: a', '0.2.0'],
  ['0.1.1', 'fix!: a', '0.2.0'],
  ['1.2.3', 'fix: a', '1.2.4'],
  ['1.2.3', 'feat: a', '1.3.0'],
  ['1.2.3', 'feat!: a', '2.0.0'],
  ['1.2.3', 'docs: a', undefined],
])('after %s, "%s" makes %s', (current, message, next) => {
  expect(versionAfter(current, changesIn([message]))).toBe(next);
});

it('the change that matters most decides', () => {
  expect(versionAfter('1.2.3', changesIn(['fix: a', 'feat!: b', 'feat: c']))).toBe('2.0.0');
});
