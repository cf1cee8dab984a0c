/** Runs a command when this process is gone, however it went. Returns what calls it off. */
export function runAfterDeath(command: string[]): () => void;
/** Calls back when npm, or the shell it runs scripts in, is gone. */
export function whenNpmStops(callback: () => void): void;
