import { describe, expect, it } from 'vitest';
import { anchorsIn, linksIn, slugOf, titleOf, withLinks } from './markdown-links.mjs';

const PAGE = `# The \`page\`

See [one](one.md), ![a picture](charts/one.svg "how it grows") and <https://example.com/a>.
\`[not a link](in-code.md)\`, but [\`code\` in a link](two.md#part).

\`\`\`md
# not a heading
[not a link](in-a-block.md)
\`\`\`

## What is \`evict()\`?

## See [this](three.md)

## See this

<img src="pictures/page.png" alt="the page" />
A lonely \` sign.

[after it](four.md)
`;

describe('the links of a page', () => {
  it('are those outside of code, each with its line', () => {
    expect(linksIn(PAGE)).toEqual([
      { line: 3, target: 'one.md' },
      { line: 3, target: 'charts/one.svg' },
      { line: 3, target: 'https://example.com/a' },
      { line: 4, target: 'two.md#part' },
      { line: 13, target: 'three.md' },
      { line: 17, target: 'pictures/page.png' },
      { line: 20, target: 'four.md' },
    ]);
  });

  it('are replaced where they are, and the code stays as it is', () => {
    const replaced = withLinks(PAGE, (target) => `/${target}`);
    expect(replaced).toContain(
      '[one](/one.md), ![a picture](/charts/one.svg "how it grows") and <https://example.com/a>.',
    );
    expect(replaced).toContain('`[not a link](in-code.md)`, but [`code` in a link](/two.md#part).');
    expect(replaced).toContain('[not a link](in-a-block.md)');
  });
});

describe('the headings of a page', () => {
  it('give the anchors that GitHub makes of them, with a number where two are the same', () => {
    expect([...anchorsIn(PAGE)]).toEqual(['the-page', 'what-is-evict', 'see-this', 'see-this-1']);
  });

  it.each([
    ['`@CacheEvict` and its race', 'cacheevict-and-its-race'],
    ['A. A new option of a region', 'a-a-new-option-of-a-region'],
    ['Redis – or Valkey?', 'redis--or-valkey'],
    ['snake_case', 'snake_case'],
  ])('%s becomes #%s', (heading, slug) => {
    expect(slugOf(heading)).toBe(slug);
  });

  it('give the title of the page', () => {
    expect(titleOf(PAGE)).toBe('The page');
  });
});
