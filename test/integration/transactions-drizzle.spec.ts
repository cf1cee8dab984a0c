import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { eq } from 'drizzle-orm';
import { drizzle, type LibSQLDatabase } from 'drizzle-orm/libsql';
import { sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { failureOf } from '../support/common/failure-of.js';
import { instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

const products = sqliteTable('products', { id: text().primaryKey(), name: text().notNull() });

const FAILURE = new Error('rolled back');

const redis = usingRedis();

let db: LibSQLDatabase;
type Transaction = Parameters<Parameters<LibSQLDatabase['transaction']>[0]>[0];

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drizzle-'));
  const client = createClient({ url: `file:${join(directory, 'shop.sqlite')}` });
  db = drizzle(client);
  // Others read while a transaction is open.
  await client.execute('PRAGMA journal_mode = WAL');
  await client.execute('CREATE TABLE products (id TEXT PRIMARY KEY, name TEXT NOT NULL)');
  return async () => {
    client.close();
    await rm(directory, { recursive: true, force: true });
  };
});

beforeEach(async () => {
  await db.delete(products);
  await db.insert(products).values([
    { id: '1', name: 'old' },
    { id: '2', name: 'old' },
  ]);
});

async function nameOf(source: LibSQLDatabase | Transaction, id: string): Promise<string | undefined> {
  const [row] = await source.select().from(products).where(eq(products.id, id));
  return row?.name;
}

async function write(tx: Transaction, id: string, name: string): Promise<void> {
  await tx.update(products).set({ name }).where(eq(products.id, id));
}

/** Two instances on one Redis that have both cached the rows. */
async function shop() {
  const { a, b } = await instances(2).on(redis).connected();
  const peer = {
    read: (id: string) => b.region('products').getOrLoad(id, () => nameOf(db, id)),
    cached: (id: string) => b.region('products').getSync(id),
  };
  const region = a.region<string | undefined>('products');
  for (const id of ['1', '2']) {
    await peer.read(id);
    await region.getOrLoad(id, () => nameOf(db, id));
  }
  return { cache: a, region, peer };
}

describe('While a transaction of Drizzle on SQLite writes a row and evicts it, a peer that reads the row', () => {
  it('caches the old row for good when the eviction is not held', async () => {
    const { region, peer } = await shop();
    await db.transaction(async (tx) => {
      await write(tx, '1', 'new');
      await region.evict('1');
      await eventually(() => expect(peer.cached('1')).toBeUndefined());
      await peer.read('1');
    });
    await expect(nameOf(db, '1')).resolves.toBe('new');
    await expect(peer.read('1')).resolves.toBe('old');
  });

  it('never does when the eviction is held', async () => {
    const { cache, region, peer } = await shop();
    await cache.holdEvictions(() =>
      db.transaction(async (tx) => {
        await write(tx, '1', 'new');
        await region.evict('1');
        await expect(region.getOrLoad('1', () => nameOf(tx, '1'))).resolves.toBe('new');
        await expect(peer.read('1')).resolves.toBe('old');
      }),
    );
    await eventually(() => expect(peer.cached('1')).toBeUndefined());
    await expect(peer.read('1')).resolves.toBe('new');
    await expect(region.getOrLoad('1', () => nameOf(db, '1'))).resolves.toBe('new');
  });
});

describe('What a transaction of Drizzle on SQLite wrote and rolled back', () => {
  it('is never in the cache', async () => {
    const { cache, region, peer } = await shop();
    const failing = cache.holdEvictions(() =>
      db.transaction(async (tx) => {
        await region.update('1', async () => {
          await write(tx, '1', 'never committed');
          return 'never committed';
        });
        await expect(region.getOrLoad('1', () => nameOf(tx, '1'))).resolves.toBe('never committed');
        throw FAILURE;
      }),
    );
    await expect(failing).rejects.toBe(FAILURE);
    expect([region.getSync('1'), peer.cached('1'), await nameOf(db, '1')]).toEqual(['old', 'old', 'old']);
  });

  it('is never in the cache when it goes back to a savepoint, and the rest is committed', async () => {
    const { cache, region, peer } = await shop();
    await cache.holdEvictions(() =>
      db.transaction(async (tx) => {
        await write(tx, '1', 'new');
        await region.set('1', 'new');
        await failureOf(
          cache.holdEvictions(() =>
            tx.transaction(async (inner) => {
              await write(inner, '2', 'taken back');
              await region.set('2', 'taken back');
              throw FAILURE;
            }),
          ),
        );
      }),
    );
    expect([await nameOf(db, '1'), await nameOf(db, '2')]).toEqual(['new', 'old']);
    expect([region.getSync('1'), region.getSync('2')]).toEqual(['new', undefined]);
    await eventually(() => expect(peer.cached('1')).toBeUndefined());
    await expect(peer.read('1')).resolves.toBe('new');
  });
});
