import { beforeAll } from 'vitest';
import { findPostgres, HOW_TO_INSTALL_POSTGRES, startPrivatePostgres } from '../../../tools/postgres.mjs';

/** An installation is a part of it, in ms. */
const LONGEST_START = 300_000;

/** A PostgreSQL that the tests of a file share. */
export interface UsedPostgres {
  /** For any client. Known once the tests run. */
  readonly url: string;
}

/** A private PostgreSQL for all tests of this file: it is started before the first of them and stopped after the last. */
export function usingPostgres(): UsedPostgres {
  let url: string | undefined;
  beforeAll(async () => {
    if ((await findPostgres({ say: console.log })) === undefined) throw new Error(HOW_TO_INSTALL_POSTGRES);
    const postgres = await startPrivatePostgres();
    ({ url } = postgres);
    return () => postgres.stop();
  }, LONGEST_START);
  return {
    get url() {
      if (url === undefined) throw new Error('The private PostgreSQL is not running yet.');
      return url;
    },
  };
}
