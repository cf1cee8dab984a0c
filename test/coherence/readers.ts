import { AsyncLocalStorage } from 'node:async_hooks';

/** A read of one key or of several. */
export class Reader {
  /** The keys that it did not find: it waits for loads of these. */
  readonly missed = new Set<string>();
  isOver = false;
}

/** One for all: each storage costs time whenever a promise is made anywhere, for as long as the process lives. */
const READING = new AsyncLocalStorage<Reader>();

/** The read that the running code belongs to. */
export function currentReader(): Reader | undefined {
  return READING.getStore();
}

/** Runs a read. */
export async function reading<T>(reader: Reader, read: () => Promise<T>): Promise<T> {
  try {
    return await READING.run(reader, read);
  } finally {
    reader.isOver = true;
  }
}

/** Whether a loader that `reader` has brought runs for it, and not in the background: the cache keeps a loader, and calls it for nobody. */
export function isWaiting(reader: Reader, key: string): boolean {
  return READING.getStore() === reader && !reader.isOver && reader.missed.has(key);
}
