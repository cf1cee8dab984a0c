import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { contentsOf } from './contents.mjs';

/** A repository with these pages, and these groups of them. */
function repository(pages: Readonly<Record<string, string>>, groups: readonly object[]): string {
  const root = mkdtempSync(join(tmpdir(), 'contents-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries({ ...pages, 'docs/contents.json': JSON.stringify(groups) })) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

it('the contents give each page with its title, in the order of the groups, and a folder stands for its pages', () => {
  const root = repository(
    { 'README.md': '# Read me\n', 'docs/b.md': '# `b`\n', 'docs/more/y.md': '# Y\n', 'docs/more/x.md': '# X\n' },
    [
      { group: 'Start', pages: ['docs/b.md', 'README.md'] },
      { group: 'More', pages: ['docs/more/'] },
    ],
  );
  expect(contentsOf(root)).toEqual({
    groups: [
      {
        name: 'Start',
        pages: [
          { path: 'docs/b.md', title: 'b' },
          { path: 'README.md', title: 'Read me' },
        ],
      },
      {
        name: 'More',
        pages: [
          { path: 'docs/more/x.md', title: 'X' },
          { path: 'docs/more/y.md', title: 'Y' },
        ],
      },
    ],
    problems: [],
  });
});

it('the contents say which page is in no group, which is in two, which does not exist and which has no title', () => {
  const root = repository({ 'docs/a.md': '# A\n', 'docs/b.md': 'B\n', 'docs/forgotten.md': '# F\n' }, [
    { group: 'One', pages: ['docs/a.md', 'docs/b.md'] },
    { group: 'Two', pages: ['docs/a.md', 'docs/gone.md'] },
  ]);
  expect(contentsOf(root).problems).toEqual([
    'docs/b.md has no title: its first line is to be a heading, # Title.',
    'docs/contents.json: docs/a.md is listed twice.',
    "docs/contents.json: the group 'Two' lists docs/gone.md, and there is no such page.",
    "docs/forgotten.md is in no group of docs/contents.json, so nobody would find it. Add it to one of 'One', 'Two'.",
  ]);
});
