import { Command, CommanderError } from 'commander';
import { InvalidConnectionStringError, InvalidKeyError, InvalidOptionsError } from '../errors.js';
import { doctor, type DoctorCommand } from './doctor.js';
import { evict, type EvictCommand } from './evict.js';
import { status } from './status.js';
import { EXIT, type Surroundings } from './surroundings.js';
import type { TargetOptions } from './target.js';
import { top, type TopCommand } from './top.js';
import { watch, type WatchCommand } from './watch.js';
import { where, type WhereCommand } from './where.js';

/** What a command throws when it was called wrongly. */
const USAGE = [InvalidOptionsError, InvalidConnectionStringError, InvalidKeyError];

/**
 * Runs one command of `npx nestjs-distributed-cache`.
 *
 * @param args - behind the name of the program
 * @returns the exit code: see {@link EXIT}
 *
 * @internal
 */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  let code: number = EXIT.done;
  const program = programFor(surroundings, (outcome) => (code = outcome));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    surroundings.error(`${messageOf(error)}\n`);
    return USAGE.some((mistake) => error instanceof mistake) ? EXIT.usage : EXIT.bad;
  }
}

function programFor(surroundings: Surroundings, ended: (code: number) => void): Command {
  const program = new Command('nestjs-distributed-cache')
    .description('Looks at the instances of a namespace, and evicts in all of them.')
    .configureOutput({ writeOut: surroundings.out, writeErr: surroundings.error })
    .exitOverride()
    .showHelpAfterError('(--help says what is allowed)');

  common(program.command('doctor'))
    .description('connects as an instance would, looks for what is amiss, and says how to mend it')
    .option('--idle <time>', 'also leaves a connection idle for so long, for example 60s, to see whether it is closed')
    .action(async (options: DoctorCommand) => ended(await doctor(options, surroundings)));

  common(program.command('status'))
    .description('shows the instances, and the log that they share')
    .action(async (options: TargetOptions) => ended(await status(options, surroundings)));

  common(program.command('top'))
    .description('shows what instances and regions do, again and again, until it is interrupted')
    .option('--interval <time>', 'how often', '2s')
    .option('--regions <number>', 'how many regions', '20')
    .option('--once', 'once, after one interval')
    .action(async (options: TopCommand) => ended(await top(options, surroundings)));

  common(program.command('watch'))
    .description('shows invalidations as they pass by, until it is interrupted')
    .option('--region <name>', 'only those that concern this region')
    .action(async (options: WatchCommand) => ended(await watch(options, surroundings)));

  common(program.command('where'))
    .description('shows which instances hold a key')
    .requiredOption('--region <name>', 'the region')
    .requiredOption('--key <key>', 'the key')
    .action(async (options: WhereCommand) => ended(await where(options, surroundings)));

  common(program.command('evict'))
    .description('evicts in every instance')
    .option('--region <name>', 'the region of --key')
    .option('--key <key...>', 'these keys of --region')
    .option('--tag <tag...>', 'every entry with one of these tags')
    .option('--region-all <name...>', 'everything in these regions')
    .option('--all', 'everything in the namespace; needs --yes')
    .option('--yes', 'yes, everything')
    .option('--everywhere [timeout]', 'waits until no instance can serve the old values, for example 5s')
    .action(async (options: EvictCommand) => ended(await evict(options, surroundings)));

  return program;
}

/** The options that every command has. */
function common(command: Command): Command {
  return command
    .option('--redis <string>', 'the connection string; default: looked up as the application does, also in .env')
    .option('--namespace <name>', 'the namespace of the cache', 'distributed-cache')
    .option('--json', 'prints JSON');
}

/** Of an error of ours, the message says what to do. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'The command failed.';
}
