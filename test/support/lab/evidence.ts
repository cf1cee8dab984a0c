import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What was seen under one fault: a row of `docs/evidence/faults.json`. Times are in ms. */
export interface FaultEvidence {
  readonly fault: string;
  readonly done: string;
  readonly instances: number;
  /** Reads that were checked. */
  readonly reads: number;
  readonly evictions: number;
  /** For how long the stalest value had been invalid in the log when a read that was given it began. */
  readonly worstStaleness: number;
  /** What it may be: `maxStaleness` + 250. */
  readonly bound: number;
  readonly longestEvict: number;
  readonly longestRead: number;
  /** Evictions everywhere, where there were any: how many resolved, how many gave up in time, and the longest that one waited. */
  readonly everywhere?: { readonly confirmed: number; readonly gaveUp: number; readonly longest: number } | undefined;
  /** From the end of the fault until every instance had synced and nothing waited in an outbox. */
  readonly recoveredIn: number;
  /** Of all instances together, since the fault began. */
  readonly bridge: {
    readonly flushes: number;
    readonly replayed: number;
    readonly missed: number;
    readonly reconnects: number;
  };
  /** `'kept'`, or which promises were broken. */
  readonly outcome: string;
  /** What else was measured. */
  readonly measured?: Readonly<Record<string, number>> | undefined;
}

/** Writes the row where the environment variable `EVIDENCE` says, instead of an older one of the same fault; nowhere, if it does not. */
export async function recordEvidence(row: FaultEvidence): Promise<void> {
  const directory = process.env['EVIDENCE'];
  if (!directory) return;
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'faults.json');
  const others = (await recorded(file)).filter((each) => faultOf(each) !== row.fault);
  const rows = [...others, row].toSorted((a, b) => (faultOf(a) < faultOf(b) ? -1 : 1));
  await writeFile(file, `${JSON.stringify(rows, undefined, 2)}\n`);
}

async function recorded(file: string): Promise<unknown[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]');
  const rows: unknown = JSON.parse(text);
  return Array.isArray(rows) ? rows : [];
}

function faultOf(row: unknown): string {
  return typeof row === 'object' && row !== null && 'fault' in row ? String(row.fault) : '';
}
