import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  duration,
  flag,
  helpOf,
  oneOf,
  parseCommandLine,
  positiveNumber,
  someOf,
  text,
  wholeNumber,
} from './command-line.mjs';

const COMMAND = {
  command: 'npm run measure --',
  about: 'Measures something.',
  options: {
    seed: wholeNumber('of the first run', { default: 1, to: 100 }),
    minutes: positiveNumber('how long it takes', { default: 5 }),
    real: duration('on real servers, for so long', { default: undefined }),
    check: flag('writes nothing'),
    report: text('where the figures go', { argument: 'FILE' }),
    without: oneOf('takes out one mechanism', { argument: 'MECHANISM', choices: ['lease', 'put fence'] }),
    only: someOf('the groups', { argument: 'GROUPS', choices: ['hits', 'misses'] }),
  },
};

const parsed = (...args: string[]) => parseCommandLine(COMMAND, args);

describe('parseCommandLine', () => {
  it('gives the default of each option that is not there', () => {
    expect(parsed()).toEqual({
      seed: 1,
      minutes: 5,
      real: undefined,
      check: false,
      report: undefined,
      without: undefined,
      only: ['hits', 'misses'],
    });
  });

  it('reads values behind the option, and behind an equals sign', () => {
    const args = ['--seed', '42', '--minutes=0.2', '--real', '60s', '--check', '--report', 'a.json'];
    expect(parsed(...args, '--without', 'put fence', '--only', 'misses')).toEqual({
      seed: 42,
      minutes: 0.2,
      real: 60_000,
      check: true,
      report: 'a.json',
      without: 'put fence',
      only: ['misses'],
    });
  });

  it.each([
    ['500ms', 500],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
  ])('reads the duration %s as %i ms', (given, milliseconds) => {
    expect(parsed('--real', given)).toMatchObject({ real: milliseconds });
  });

  it.each([
    [['--seed', 'abc'], '--seed abc is not a whole number from 0 to 100'],
    [['--seed', '-1'], '--seed -1 is not a whole number from 0 to 100'],
    [['--seed', '1e1'], '--seed 1e1 is not a whole number from 0 to 100'],
    [['--seed', '101'], '--seed 101 is not a whole number from 0 to 100'],
    [['--minutes', '0'], '--minutes 0 is not a number above 0'],
    [['--minutes', ''], '--minutes  is not a number above 0'],
    [['--minutes', 'Infinity'], '--minutes Infinity is not a number above 0'],
    [['--real', '60'], '--real 60 is not a duration above 0, such as 500ms, 60s, 1.5m or 1h'],
    [['--real', '0s'], '--real 0s is not a duration above 0, such as 500ms, 60s, 1.5m or 1h'],
    [['--without', 'luck'], "--without luck is not one of 'lease', 'put fence'"],
    [['--only', 'hits,luck'], "--only hits,luck is not one of 'hits', 'misses'"],
    [['--seed'], '--seed needs a value: --seed N'],
    [['--check=yes'], '--check takes no value'],
    [['fast'], "'fast' belongs to no option"],
    [['--minuets', '5'], 'There is no option --minuets; there are --seed, --minutes, --real, --check'],
    [['--toString'], 'There is no option --toString; there are'],
    [['-x'], 'There is no option -x; there are'],
  ])('refuses %j with one sentence', (args, problem) => {
    expect(() => parsed(...args)).toThrow(problem);
  });

  it('asks for help with --help and -h, whatever else is right', () => {
    expect([parsed('--help'), parsed('--seed', '2', '-h')]).toEqual(['help', 'help']);
  });
});

describe('helpOf', () => {
  it('says how the command is called, what it does, and what each option does', () => {
    expect(helpOf(COMMAND)).toBe(`Usage: npm run measure -- [options]

Measures something.

  --seed N             of the first run (default: 1)
  --minutes N          how long it takes (default: 5)
  --real DURATION      on real servers, for so long
  --check              writes nothing
  --report FILE        where the figures go
  --without MECHANISM  takes out one mechanism: 'lease', 'put fence'
  --only GROUPS        the groups: hits,misses (default: all)
  --help               prints this text`);
  });
});

describe('A script of the repository', () => {
  const fuzz = fileURLToPath(new URL('../scripts/fuzz.mjs', import.meta.url));

  it('prints its help and ends with 0', () => {
    expect(execFileSync(process.execPath, [fuzz, '--help'], { encoding: 'utf8' })).toMatch(/^Usage: npm run fuzz --/);
  });

  it('refuses a bad number with one sentence and ends with 2', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [fuzz, '--messages', 'many'], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: '--messages many is not a whole number from 1 on. For the options: npm run fuzz -- --help\n',
    });
  });
});
