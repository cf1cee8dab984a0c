import { tmpdir } from 'node:os';
import { runCommandLine } from '../../../libs/distributed-cache/src/cli/command-line.js';
import type { TerminalSize } from '../../../libs/distributed-cache/src/cli/surroundings.js';

/** A command that runs, or has run. */
export interface RunningCommand {
  /** The exit code, once it has ended. */
  readonly code: Promise<number>;
  /** What it has printed so far. */
  readonly out: () => string;
  readonly error: () => string;
  interrupt(this: void): void;
}

/** Where a command runs. */
export interface CommandSurroundings {
  readonly env?: Record<string, string>;
  readonly folder?: string;
  /** Of the terminal. Default: there is none. */
  readonly size?: TerminalSize;
}

/** Runs a command as `npx nestjs-distributed-cache` does, but in this process. */
export function runCommand(
  args: readonly string[],
  { env = {}, folder = tmpdir(), size }: CommandSurroundings = {},
): RunningCommand {
  const interrupted = new AbortController();
  let out = '';
  let error = '';
  const code = runCommandLine(args, {
    env,
    folder,
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    isTerminal: size !== undefined,
    size: () => size ?? { columns: Infinity, rows: Infinity },
    signal: interrupted.signal,
  });
  return { code, out: () => out, error: () => error, interrupt: () => interrupted.abort() };
}
