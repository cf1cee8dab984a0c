import { pathToFileURL } from 'node:url';
import { inRepository } from '../../../tools/repository.mjs';

/** The products that the page shows: one of each of the first three categories. */
const SHOWN = [1, 351, 701];

/** @typedef {import('./situation.mjs').Product} Product */

/** Reads the prices where they are true: from the database, past every cache. */
export class TruePrices {
  #database;
  #statement;

  /** @param {any} database the `CatalogueDatabase` of the compiled sample */
  constructor(database) {
    this.#database = database;
    this.#statement = database.prepare(
      `SELECT id, name, price FROM products WHERE id IN (${SHOWN.join(', ')}) ORDER BY id`,
    );
  }

  /** Opens the file that the instances have open: they have created and filled it. */
  static async open() {
    /** @param {string} name @returns {Promise<any>} a module of the compiled sample */
    const compiled = (name) => import(pathToFileURL(inRepository(`apps/sample/dist/catalogue/${name}.js`)).href);
    const [{ catalogueConfig }, { CatalogueDatabase }] = await Promise.all([
      compiled('catalogue.config'),
      compiled('catalogue-database'),
    ]);
    return new TruePrices(await CatalogueDatabase.open({ ...catalogueConfig(), latency: 0 }));
  }

  /** @returns {Product[]} those that still exist */
  read() {
    return this.#statement.all().map((/** @type {Product} */ { id, name, price }) => ({ id, name, price }));
  }

  close() {
    this.#database.onApplicationShutdown();
  }
}
