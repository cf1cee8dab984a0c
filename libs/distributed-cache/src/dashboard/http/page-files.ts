import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OWN_LOCATION } from '../../common/copies-of-the-library.js';
import { DistributedCacheError } from '../../errors.js';

/** The types of the files of the page. Others are not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** The folder of its files, as the page names it. */
const ASSETS = './assets/';

/** @internal */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

/** The files of the page, as they were built. @internal */
export class PageFiles {
  readonly #files = new Map<string, Promise<PageFile | undefined>>();
  readonly #folder: string | undefined;

  /** @param folder - that they are in */
  constructor(folder: string | undefined = findFolder()) {
    this.#folder = folder;
  }

  /**
   * The page itself.
   *
   * Its files are named relative to it, so that it works behind a proxy that puts something before the path. The path may or may not end with
   * a slash, so the way to them depends on it.
   *
   * @param path - that the browser has asked for
   */
  async page(path: string): Promise<PageFile> {
    const file = await this.#read('index.html');
    if (!file)
      throw new DistributedCacheError(
        'DASHBOARD_NOT_BUILT',
        'The page of the dashboard is not here: this copy of the library was not built. Run npm run build, or install the package again.',
      );
    const last = path.slice(path.lastIndexOf('/') + 1).replaceAll(/[^\w.~%-]/g, '');
    return last === '' ? file : { type: file.type, text: file.text.replaceAll(ASSETS, `./${last}/assets/`) };
  }

  /** A file of the folder `assets`; `undefined`: there is none of this name. */
  async asset(name: string): Promise<PageFile | undefined> {
    // Nothing that leads out of the folder.
    return /^[\w-]+(?:\.[\w-]+)+$/.test(name) ? this.#read(join('assets', name)) : undefined;
  }

  #read(name: string): Promise<PageFile | undefined> {
    const known = this.#files.get(name);
    if (known) return known;
    const file = readIn(this.#folder, name);
    void file.then((found) => found && this.#files.set(name, file));
    return file;
  }
}

async function readIn(folder: string | undefined, name: string): Promise<PageFile | undefined> {
  const type = TYPES[extname(name)];
  if (folder === undefined || type === undefined) return undefined;
  try {
    return { type, text: await readFile(join(folder, name), 'utf8') };
  } catch {
    return undefined;
  }
}

/** Both builds of the library have the files in one place, and the source has those of the build. */
function findFolder(): string | undefined {
  const file = OWN_LOCATION.startsWith('file:') ? fileURLToPath(OWN_LOCATION) : OWN_LOCATION;
  const root = dirname(dirname(file));
  return ['.', '..', '../dist'].map((way) => join(root, way, 'dashboard/page')).find((folder) => existsSync(folder));
}
