import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

/**
 * Writes what runs have found into a page of `docs/`, each part between its marks, `<!-- name -->` and `<!-- /name -->`.
 *
 * @param {object} given
 * @param {string} given.name of the file
 * @param {readonly (readonly [mark: string, text: string])[]} given.parts
 * @returns {Promise<Change>} what is to be written; nothing is yet
 *
 * @typedef {{ path: string, before: string, after: string }} Change
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
 * Writes the changes, or only tells whether there are any.
 *
 * @param {string} page for people
 * @param {readonly Change[]} changes
 * @param {{ check: boolean, command: string }} how with `check` nothing is written, and what is out of date fails the run
 */
export async function apply(page, changes, { check, command }) {
  const outdated = changes.filter(({ before, after }) => before !== after);
  if (outdated.length === 0) console.log(`${page} says what the evidence says`);
  else if (check) {
    console.error(`${page} does not say what docs/evidence says; run ${command}`);
    process.exitCode = 1;
  } else {
    for (const { path, after } of outdated) await writeFile(path, after);
    console.log(`${page} is written anew`);
  }
}

/** @param {string} name */
export function docsFile(name) {
  return fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
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
