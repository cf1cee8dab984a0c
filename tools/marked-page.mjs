import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { inRepository } from './repository.mjs';

/** A file as it is and as it is to be. @typedef {{ path: string, before: string, after: string }} Change */

/**
 * Puts generated text into a page of `docs/`, each part between its marks, `<!-- name -->` and `<!-- /name -->`. Writes nothing yet.
 *
 * @param {object} page
 * @param {string} page.name the name of the file
 * @param {readonly (readonly [mark: string, text: string])[]} page.parts
 * @returns {Promise<Change>}
 * @throws {Error} when the page lacks a mark
 */
export async function markedPage({ name, parts }) {
  const path = docsFile(name);
  const before = await readFile(path, 'utf8');
  const after = await format(
    parts.reduce((text, [mark, part]) => replaced(name, text, mark, part), before),
    { ...(await resolveConfig(path)), filepath: path },
  );
  return { path, before, after };
}

/**
 * Writes the changed files. With `check` it writes nothing, and a changed file fails the run.
 *
 * @param {string} page the page that they belong to, for messages
 * @param {readonly Change[]} changes
 * @param {{ check: boolean, command: string }} options `command`: what writes the page
 */
export async function apply(page, changes, { check, command }) {
  const outdated = changes.filter(({ before, after }) => before !== after);
  if (outdated.length === 0) console.log(`${page} shows what docs/evidence holds.`);
  else if (check) {
    console.error(`${page} does not show what docs/evidence holds. Run \`${command}\` and commit the page.`);
    process.exitCode = 1;
  } else {
    for (const { path, after } of outdated) await writeFile(path, after);
    console.log(`${page} is written from docs/evidence.`);
  }
}

/**
 * @param {string} name
 * @returns {string} the path of a file in `docs/`
 */
export function docsFile(name) {
  return inRepository(`docs/${name}`);
}

/**
 * What a run has recorded.
 *
 * @param {string} name of the file in `docs/evidence`, without its ending
 */
export async function evidence(name) {
  return JSON.parse(await readFile(docsFile(`evidence/${name}.json`), 'utf8'));
}

/**
 * @param {string} page
 * @param {string} text
 * @param {string} mark
 * @param {string} part
 */
function replaced(page, text, mark, part) {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [start, stop] = [text.indexOf(begin), text.indexOf(end)];
  if (start === -1 || stop < start) throw new Error(`docs/${page} has no ${begin} … ${end}`);
  return `${text.slice(0, start + begin.length)}\n\n${part}\n\n${text.slice(stop)}`;
}
