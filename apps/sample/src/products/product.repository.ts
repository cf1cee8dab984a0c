import { Injectable } from '@nestjs/common';
import { CatalogueDatabase } from '../catalogue/catalogue-database.js';
import type { Category, NewProduct, Product, ProductChange, ProductPage } from './product.js';

const PAGE_SIZE = 20;

const COLUMNS = 'id, name, category, description, price, stock';

/** Reads and writes the database. It does not know the cache. */
@Injectable()
export class ProductRepository {
  readonly #database: CatalogueDatabase;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: CatalogueDatabase) {
    this.#database = database;
    this.#statements = prepare(database);
  }

  async findById(id: number): Promise<Product | null> {
    const row = await this.#database.query(() => this.#statements.find.get(id));
    return row === undefined ? null : productOf(row);
  }

  /** @param category - `null` for all categories */
  async findPage(category: string | null, page: number): Promise<ProductPage> {
    return this.#database.query(() => {
      const total = numberIn(this.#statements.count.get(category, category), 'total');
      const rows = this.#statements.page.all(category, category, PAGE_SIZE, (page - 1) * PAGE_SIZE);
      return { category, page, pages: Math.ceil(total / PAGE_SIZE), total, items: rows.map(productOf) };
    });
  }

  async categories(): Promise<Category[]> {
    const rows = await this.#database.query(() => this.#statements.categories.all());
    return rows.map((row) => ({ name: textIn(row, 'name'), products: numberIn(row, 'products') }));
  }

  async insert({ name, category, description, price, stock }: NewProduct): Promise<Product> {
    return this.#database.query(() =>
      productOf(this.#statements.insert.get(name, category, description, price, stock)),
    );
  }

  /** @returns `null` when there is no such product */
  async update(id: number, { name, category, description, price, stock }: ProductChange): Promise<Product | null> {
    const fields = [name, category, description, price, stock].map((field) => field ?? null);
    const row = await this.#database.query(() => this.#statements.update.get(...fields, id));
    return row === undefined ? null : productOf(row);
  }

  /** @returns whether there was such a product */
  async delete(id: number): Promise<boolean> {
    return this.#database.query(() => this.#statements.delete.run(id).changes > 0);
  }
}

function prepare(database: CatalogueDatabase) {
  return {
    find: database.prepare<[id: number]>(`SELECT ${COLUMNS} FROM products WHERE id = ?`),
    count: database.prepare('SELECT count(*) AS total FROM products WHERE ? IS NULL OR category = ?'),
    page: database.prepare(
      `SELECT ${COLUMNS} FROM products WHERE ? IS NULL OR category = ? ORDER BY id LIMIT ? OFFSET ?`,
    ),
    categories: database.prepare('SELECT category AS name, count(*) AS products FROM products GROUP BY category'),
    insert: database.prepare(
      `INSERT INTO products (name, category, description, price, stock) VALUES (?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
    ),
    update: database.prepare(
      `UPDATE products SET name = coalesce(?, name), category = coalesce(?, category),
         description = coalesce(?, description), price = coalesce(?, price), stock = coalesce(?, stock)
       WHERE id = ? RETURNING ${COLUMNS}`,
    ),
    delete: database.prepare<[id: number]>('DELETE FROM products WHERE id = ?'),
  };
}

// The driver does not know the types of the columns, and it adds fields of its own to a single row.
function productOf(row: unknown): Product {
  return {
    id: numberIn(row, 'id'),
    name: textIn(row, 'name'),
    category: textIn(row, 'category'),
    description: textIn(row, 'description'),
    price: numberIn(row, 'price'),
    stock: numberIn(row, 'stock'),
  };
}

function textIn(row: unknown, column: string): string {
  const value = valueIn(row, column);
  if (typeof value !== 'string') throw new TypeError(`Column ${column} of the catalogue does not hold text.`);
  return value;
}

function numberIn(row: unknown, column: string): number {
  const value = valueIn(row, column);
  if (typeof value !== 'number') throw new TypeError(`Column ${column} of the catalogue does not hold a number.`);
  return value;
}

function valueIn(row: unknown, column: string): unknown {
  return typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined;
}
