/** Where a command runs. @internal */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In which a file `.env` may be. */
  readonly folder: string;
  out(this: void, text: string): void;
  error(this: void, text: string): void;
  /** Whether a person reads the output: then it may be written over. */
  readonly isTerminal: boolean;
  /** Of that terminal now; it may be changed at any time. */
  size(this: void): TerminalSize;
  /** Aborted when the command is to end. */
  readonly signal: AbortSignal;
}

/** How many characters a line has, and how many lines there are; `Infinity`: any number. @internal */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How a command has ended: it is done, its answer is bad, or it was called wrongly. @internal */
export const EXIT = { done: 0, bad: 1, usage: 2 } as const;
