import { table } from '../../tools/markdown.mjs';
import { apply, evidence, markedPage } from '../../tools/marked-page.mjs';
import { BOUNDS, inWords } from './bounds.mjs';

/**
 * Writes docs/package.md from the evidence.
 *
 * @param {{ check: boolean, command: string }} options as `apply` takes them
 */
export async function writePackagePage(options) {
  /** @type {import('./measure.mjs').Size} */
  const size = await evidence('size');
  const rows = BOUNDS.map((bound) => [bound.what, inWords(bound, bound.of(size)), inWords(bound, bound.most)]);
  const page = await markedPage({ name: 'package.md', parts: [['size', table(['', 'measured', 'at most'], rows)]] });
  await apply('docs/package.md', [page], options);
}
