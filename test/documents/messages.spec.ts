import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { inRepository } from '../../tools/repository.mjs';

const SOURCE = inRepository('libs/distributed-cache/src');
const page = readFileSync(inRepository('docs/troubleshooting.md'), 'utf8');

/** What the page quotes in three words or more, but for commands and code. */
const quotations = [...new Set(Array.from(page.matchAll(/`([^`\n]+)`/g), ([, text = '']) => text))].filter(
  (text) => / \S+ \S/.test(text) && !/^(?:npx|where --|doctor --|redis: \{)/.test(text),
);

const texts = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
  .flatMap((name) => textsIn(readFileSync(join(SOURCE, name), 'utf8')));

function textsIn(code: string): string[] {
  const source = ts.createSourceFile('', code, ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node, source);
    if (text !== undefined) found.push(text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** A text of the source, with the name of the bridge where it is put in, and `…` for any other expression; `undefined`: no text. */
function textOf(node: ts.Node, source: ts.SourceFile): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const filled = node.templateSpans.map(({ expression, literal }) => {
      const isBridge = /^(?:this\.)?#?(?:bridge|bridgeName|server|#subject)$/.test(expression.getText(source));
      return `${isBridge ? 'Redis' : '…'}${literal.text}`;
    });
    return [node.head.text, ...filled].join('');
  }
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const parts = [node.left, node.right].map((part) => textOf(part, source));
  return parts.every((part) => part === undefined) ? undefined : parts.map((part) => part ?? '…').join('');
}

describe('the page on troubleshooting', () => {
  it('quotes many messages', () => {
    expect(quotations.length).toBeGreaterThan(50);
  });

  it.each(quotations)('quotes what the library says: %s', (quotation) => {
    const parts = quotation.split('…');
    expect(texts.some((text) => parts.every((part) => text.includes(part)))).toBe(true);
  });
});
