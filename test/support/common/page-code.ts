import { readFile } from 'node:fs/promises';

/** A page of the documentation beside the test file that compiles and runs its code. */
export interface PageAndCode {
  /** The TypeScript on the page, block by block. */
  readonly blocks: readonly string[];
  /** The test file. */
  readonly here: string;
}

/** Reads both, without indentation: the code stands deeper in one of them. */
export async function pageAndCode(page: URL, testFile: URL): Promise<PageAndCode> {
  const [text = '', here = ''] = await Promise.all(
    [page, testFile].map(async (url) => unindented(await readFile(url, 'utf8'))),
  );
  return { blocks: Array.from(text.matchAll(/```ts\n(.*?)\n```/gs), ([, code = '']) => code), here };
}

function unindented(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, '\n').trim();
}
