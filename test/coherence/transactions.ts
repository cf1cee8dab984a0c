import { AsyncLocalStorage } from 'node:async_hooks';
import type { SourceTransaction } from './source-transaction.js';

interface Transacting {
  readonly of: Transactions;
  readonly transaction: SourceTransaction;
}

/** One for all: each storage costs time whenever a promise is made anywhere, for as long as the process lives. */
const TRANSACTING = new AsyncLocalStorage<Transacting>();

/** Tells which transaction of one instance the running code belongs to. */
export class Transactions {
  get current(): SourceTransaction | undefined {
    const running = TRANSACTING.getStore();
    return running?.of === this ? running.transaction : undefined;
  }

  run<T>(transaction: SourceTransaction, callback: () => T): T {
    return TRANSACTING.run({ of: this, transaction }, callback);
  }
}
