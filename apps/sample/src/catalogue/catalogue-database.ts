import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import Database from 'libsql';
import type { CatalogueSettings } from './catalogue.config.js';
import { seedProducts } from './seed.js';

/** How long a write waits while another instance writes to the same file, in ms. */
const BUSY_TIMEOUT = 10_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS products (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    description TEXT NOT NULL,
    price REAL NOT NULL CHECK (price >= 0),
    stock INTEGER NOT NULL CHECK (stock >= 0)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS products_by_category ON products (category, id);
`;

/** The source of truth: an SQLite file that all instances share. The instance that opens it first creates and fills it. */
export class CatalogueDatabase implements OnApplicationShutdown {
  readonly #latency: number;
  readonly #database: Database.Database;

  private constructor(database: Database.Database, latency: number) {
    this.#database = database;
    this.#latency = latency;
  }

  static async open(this: void, { file, latency }: CatalogueSettings): Promise<CatalogueDatabase> {
    mkdirSync(dirname(file), { recursive: true });
    const database = new Database(file);
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT}`);
    await switchToWriteAheadLog(database);
    database.pragma('synchronous = NORMAL');
    const seeded = createAndSeed(database);
    if (seeded > 0) new Logger(CatalogueDatabase.name).log(`Seeded ${file} with ${seeded} products`);
    return new CatalogueDatabase(database, latency);
  }

  /** Prepares a statement. Run it inside {@link query}. */
  prepare<Parameters extends unknown[]>(sql: string): Database.Statement<Parameters> {
    return this.#database.prepare<Parameters>(sql);
  }

  /** Runs one query, after the delay that imitates a slow database. */
  async query<Result>(run: () => Result): Promise<Result> {
    if (this.#latency > 0) await wait(this.#latency);
    return run();
  }

  /** Puts all products back as they were at first. @returns how many there are */
  reset(): number {
    const reset = this.#database.transaction(() => {
      this.#database.exec('DELETE FROM products; DELETE FROM sqlite_sequence;');
      return seed(this.#database);
    });
    return reset.immediate();
  }

  /** Closes the file. Not earlier, since requests use it until the server has closed. */
  onApplicationShutdown(): void {
    if (this.#database.open) this.#database.close();
  }
}

async function switchToWriteAheadLog(database: Database.Database): Promise<void> {
  const deadline = performance.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      database.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      // Another instance opens or closes the file and has locked it. SQLite's own busy timeout does not cover this case.
      const busy = error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
      if (!busy || performance.now() > deadline) throw error;
    }
    await wait(20);
  }
}

/** @returns how many products were inserted; 0 if the file contained them already */
function createAndSeed(database: Database.Database): number {
  const seedOnce = database.transaction(() => {
    database.exec(SCHEMA);
    if (database.prepare('SELECT 1 FROM sqlite_sequence WHERE name = ?').get('products') !== undefined) return 0;
    return seed(database);
  });
  // IMMEDIATE takes the write lock first, so when several instances find a new file, exactly one fills it.
  return seedOnce.immediate();
}

/** @returns how many products were inserted */
function seed(database: Database.Database): number {
  const insert = database.prepare(
    'INSERT INTO products (name, category, description, price, stock) VALUES (?, ?, ?, ?, ?)',
  );
  const products = seedProducts();
  for (const { name, category, description, price, stock } of products) {
    insert.run(name, category, description, price, stock);
  }
  return products.length;
}
