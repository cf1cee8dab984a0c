import type { InvalidationTarget } from '../../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Moment, Subject } from '../moments.js';
import type { SourceTransaction } from '../source-transaction.js';
import { keyOf, rowOf, tagsOf } from './names.js';
import { ReadingShop } from './reading-shop.js';
import { RolledBackError, type Way } from './way.js';

/** Something that is done in a transaction. */
export type Step = (shop: TransactingShop, within: SourceTransaction) => Promise<void> | void;

export interface TransactionOptions {
  readonly steps: readonly Step[];
  /** Whether it is rolled back after the last step. */
  readonly isRolledBack: boolean;
  /** How long its function goes on after the commit, in ms. */
  readonly lasts: number;
}

/** How an application changes its rows in transactions, and holds its evictions until they have ended. */
export class TransactingShop extends ReadingShop {
  async transact({ steps, isRolledBack, lasts }: TransactionOptions): Promise<void> {
    const { history, instance } = this;
    const transaction = history.source.begin();
    history.note(instance.name, 'begins a transaction');
    let committed: Moment | undefined;
    const run = async (): Promise<void> => {
      try {
        for (const step of steps) await step(this, transaction);
        if (isRolledBack) throw new RolledBackError();
      } catch (error) {
        transaction.end();
        history.figures.rolledBack += 1;
        history.note(instance.name, 'rolls a transaction back');
        throw error;
      }
      committed = history.commitAll(transaction, instance.name);
      await this.pause(lasts);
    };
    await instance.transactions.run(transaction, () => instance.cache.holdEvictions(run));
    if (committed) instance.expectEvicted(transaction, committed);
  }

  /** Does `steps` in a transaction inside of another, which goes back to a savepoint when they are to be rolled back. */
  async nest(within: SourceTransaction, steps: readonly Step[], isRolledBack: boolean): Promise<void> {
    const savepoint = within.savepoint();
    const run = async (): Promise<void> => {
      for (const step of steps) await step(this, within);
      if (isRolledBack) throw new RolledBackError();
    };
    try {
      await this.instance.cache.holdEvictions(run);
    } catch (error) {
      within.rollBackTo(savepoint);
      this.history.note(this.instance.name, 'goes back to a savepoint');
      if (!(error instanceof RolledBackError)) throw error;
    }
  }

  /** Changes a row, and evicts a little later what depends on it: a list may have been made of what is overwritten now. */
  async writeWithin(within: SourceTransaction, subject: Subject, evictsAfter: number): Promise<void> {
    within.write(rowOf(subject));
    this.history.note(this.instance.name, 'writes in a transaction', subject);
    await this.pause(evictsAfter);
    await this.#evictWithin(within, [keyOf(subject), ...tagTargets(subject)]);
  }

  /** Changes a row with a put. */
  async updateWithin(within: SourceTransaction, subject: Subject, way: Way): Promise<void> {
    const tags = way.tags && tagsOf([subject]);
    // Not afterwards: the value that is put may have the tag, too.
    await this.#evictWithin(within, tagTargets(subject));
    await this.instance.cache.region(subject.region).update(
      subject.key,
      async () => {
        const put = this.instance.beginPut({ ...subject, tags });
        const version = within.write(rowOf(subject));
        await this.pause(way.takes);
        put.end();
        return put.made(rowOf(subject), version);
      },
      { tags, ttl: way.ttl },
    );
    within.evicts([keyOf(subject)], this.history.moment());
  }

  async #evictWithin(within: SourceTransaction, targets: readonly InvalidationTarget[]): Promise<void> {
    for (const target of targets) await this.evictOne(target);
    within.evicts(targets, this.history.moment());
  }
}

function tagTargets(subject: Subject): InvalidationTarget[] {
  return tagsOf([subject]).map((tag) => ({ kind: 'tag', tag }));
}
