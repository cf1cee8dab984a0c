import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How long the parts of a run took on this machine when they last passed, in ms, by name. */
export type RunLengths = Readonly<Record<string, number>>;

const FILE = fileURLToPath(new URL('../../../node_modules/.cache/test-run-lengths.json', import.meta.url));

export async function recordedLengths(): Promise<RunLengths> {
  try {
    const recorded: unknown = JSON.parse(await readFile(FILE, 'utf8'));
    if (typeof recorded !== 'object' || recorded === null) return {};
    return Object.fromEntries(Object.entries(recorded).filter(([, length]) => typeof length === 'number'));
  } catch {
    // There is none yet.
    return {};
  }
}

/** Adds `lengths` to those that are recorded. */
export async function recordLengths(lengths: RunLengths): Promise<void> {
  const all = { ...(await recordedLengths()), ...lengths };
  await mkdir(dirname(FILE), { recursive: true });
  await writeFile(FILE, JSON.stringify(all, undefined, 2));
}

/** `12 s`, `2 min 5 s` */
export function inWords(length: number): string {
  const seconds = Math.round(length / 1_000);
  if (seconds < 60) return `${seconds} s`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
