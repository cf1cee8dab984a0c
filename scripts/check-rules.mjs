// `npm run docs:rules`: checks that every row of docs/coherence-rules.md names a test that exists. It reads the titles from the source of
// the tests and runs none.
import { existsSync, readFileSync } from 'node:fs';
import { exit } from 'node:process';
import ts from 'typescript';
import { readCommandLine } from '../tools/command-line.mjs';
import { inRepository } from '../tools/repository.mjs';

const PAGE = 'docs/coherence-rules.md';
const LIBRARY = 'libs/distributed-cache/src/';
/** The functions whose first argument is the title of a test; `clause` is the one of the contract that every bridge is held to. */
const TESTS = ['it', 'test', 'clause'];

readCommandLine({
  command: 'npm run docs:rules --',
  about: `Checks that every row of ${PAGE} names a test that exists.`,
  options: {},
});
const rows = rowsOf(readFileSync(inRepository(PAGE), 'utf8'));
if (rows.length === 0) fail([`${PAGE} has no row of the form | rule | \`file\`: title |.`]);

/** @type {Map<string, RegExp[]>} */
const known = new Map();
const problems = rows.flatMap(({ line, file, title }) => {
  if (!existsSync(inRepository(file))) return [`${PAGE}:${line}: there is no file ${file}.`];
  const titles = known.get(file) ?? titlesIn(file);
  known.set(file, titles);
  if (titles.some((pattern) => pattern.test(title))) return [];
  return [
    `${PAGE}:${line}: no test of ${file} has the title '${title}'. Correct the row, or give the test back its title.`,
  ];
});
if (problems.length > 0) fail(problems);
console.log(`All ${rows.length} rows of ${PAGE} name a test that exists.`);

/**
 * @param {readonly string[]} messages
 * @returns {never}
 */
function fail(messages) {
  for (const message of messages) console.error(message);
  exit(1);
}

/**
 * The tests that the page names: `| rule | `file`: titles of the groups and of the test, with spaces between them |`. A title that
 * begins with … is the end of one.
 *
 * @param {string} page
 */
function rowsOf(page) {
  return page.split('\n').flatMap((text, index) => {
    const cell = /^\|.*\| *(`[^`]+\.ts`: .*?) *\|$/.exec(text)?.[1] ?? '';
    const [, path, title] = /^`([^`]+)`: (.+)$/.exec(cell) ?? [];
    if (path === undefined || title === undefined) return [];
    return [{ line: index + 1, file: path.startsWith('test/') ? path : LIBRARY + path, title }];
  });
}

/**
 * The full titles of the tests in a file, as patterns: what `it.each` or a template fills in matches anything.
 *
 * @param {string} file
 */
function titlesIn(file) {
  const source = ts.createSourceFile(file, readFileSync(inRepository(file), 'utf8'), ts.ScriptTarget.Latest);
  /** @type {RegExp[]} */
  const titles = [];
  /**
   * @param {ts.Node} node
   * @param {readonly string[]} groups patterns of the titles around the node
   */
  const visit = (node, groups) => {
    const call = ts.isCallExpression(node) ? testCall(node) : undefined;
    if (call?.kind === 'test')
      titles.push(new RegExp(`^(?:${[...groups, call.title].join(' ')})$`, 's'), endOf(groups, call.title));
    const inside = call?.kind === 'group' ? [...groups, call.title] : groups;
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(source, []);
  return titles;
}

/**
 * @param {readonly string[]} groups
 * @param {string} title
 */
function endOf(groups, title) {
  // After '… ': the title alone, or with as many of the groups around it as the row repeats.
  return new RegExp(`^… (?:${[...groups, title].map((_, index, all) => all.slice(index).join(' ')).join('|')})$`, 's');
}

/** @param {ts.CallExpression} call */
function testCall({ expression, arguments: [title] }) {
  if (!title) return undefined;
  // `each` and `skipIf` give a function, which is called with the title.
  const callee = ts.isCallExpression(expression) ? expression.expression : expression;
  const name = ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
  if (!ts.isIdentifier(name)) return undefined;
  const pattern = patternOf(title);
  if (pattern === undefined) return undefined;
  if (name.text === 'describe') return { kind: 'group', title: pattern };
  return TESTS.includes(name.text) ? { kind: 'test', title: pattern } : undefined;
}

/** @param {ts.Expression} title */
function patternOf(title) {
  if (ts.isStringLiteral(title) || ts.isNoSubstitutionTemplateLiteral(title)) return escaped(title.text);
  if (!ts.isTemplateExpression(title)) return undefined;
  return title.templateSpans.reduce(
    (text, { literal }) => `${text}.+${escaped(literal.text)}`,
    escaped(title.head.text),
  );
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/%[sdifjoO]|\\\$\w+/g, '.+');
}
