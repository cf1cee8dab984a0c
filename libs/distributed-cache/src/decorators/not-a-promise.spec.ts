import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

const MEMBERS: Record<string, string> = {
  '@Cacheable': `@Cacheable() a(id: string): string { return id; }`,
  '@Cacheable with options': `@Cacheable({ region: 'a' }) b(id: string): string { return id; }`,
  '@CachePut': `@CachePut({ region: 'a', key: (id) => id }) c(id: string): string { return id; }`,
  '@CacheEvict': `@CacheEvict({ region: 'a', all: true }) d(): void {}`,
  '@Caching': `@Caching({ cacheable: {} }) e(id: string): string | Promise<string> { return id; }`,
  '@CacheableMany': `@CacheableMany({ idOf: 'position' }) g(ids: string[]): string[] { return ids; }`,
  '@CacheableMany without options': `@CacheableMany() h(ids: string[]): Map<string, string> { return new Map(); }`,
  'none of them': `@Cacheable() f(id: string): Promise<string> { return Promise.resolve(id); }`,
};

/** Methods that return a promise, but not the ids or values that `@CacheableMany` needs, each with the sentence about it. */
const NOT_MANY: Record<string, { readonly member: string; readonly sentence: string }> = {
  'one id': {
    member: `@CacheableMany({ idOf: 'position' }) i(id: string): Promise<string[]> { return Promise.resolve([id]); }`,
    sentence: 'The first parameter of a method with @CacheableMany must be a list of ids',
  },
  'one value': {
    member: `@CacheableMany({}) j(ids: string[]): Promise<number> { return Promise.resolve(ids.length); }`,
    sentence: 'A method with @CacheableMany must return a promise of a Map from id to value, or of a list',
  },
  'a list without idOf': {
    member: `@CacheableMany() k(ids: string[]): Promise<string[]> { return Promise.resolve(ids); }`,
    sentence: 'A method that returns a list needs idOf, which tells the id of each value',
  },
};

const SNIPPET = [
  `import { CacheEvict } from './cache-evict.decorator.js';`,
  `import { CachePut } from './cache-put.decorator.js';`,
  `import { Cacheable } from './cacheable.decorator.js';`,
  `import { CacheableMany } from './cacheable-many.decorator.js';`,
  `import { Caching } from './caching.decorator.js';`,
  `export class Service {`,
  ...Object.values(MEMBERS),
  ...Object.values(NOT_MANY).map(({ member }) => member),
  `}`,
];

/** The compiler's error on each line of the snippet. */
function diagnosticsByLine(): Map<number, string> {
  const path = fileURLToPath(new URL('./snippet.ts', import.meta.url));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
    strict: true,
    experimentalDecorators: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const snippet = ts.createSourceFile(path, SNIPPET.join('\n'), {
    languageVersion: ts.ScriptTarget.ES2023,
    impliedNodeFormat: ts.ModuleKind.ESNext,
  });
  const program = ts.createProgram([path], options, {
    ...host,
    getSourceFile: (name, ...rest) => (name === path ? snippet : host.getSourceFile(name, ...rest)),
  });
  return new Map(
    program
      .getSemanticDiagnostics(snippet)
      .map(({ start = 0, messageText }) => [
        snippet.getLineAndCharacterOfPosition(start).line,
        ts.flattenDiagnosticMessageText(messageText, '\n'),
      ]),
  );
}

let diagnostics = new Map<number, string>();
beforeAll(() => {
  diagnostics = diagnosticsByLine();
}, 60_000);

describe('A method that does not return a promise', () => {
  const diagnosticOf = (member: string): string | undefined => diagnostics.get(SNIPPET.indexOf(MEMBERS[member] ?? ''));

  it.each(Object.keys(MEMBERS).slice(0, -1))('is refused by %s with a sentence in the compiler error', (decorator) => {
    expect(diagnosticOf(decorator)).toContain(
      'A method with a cache decorator must return a promise: declare it async',
    );
  });

  it('is refused, and one that returns a promise is not', () => {
    expect(diagnosticOf('none of them')).toBeUndefined();
    expect(diagnostics.size).toBe(Object.keys(MEMBERS).length - 1 + Object.keys(NOT_MANY).length);
  });
});

describe('A method with @CacheableMany', () => {
  it.each(Object.entries(NOT_MANY))(
    'is refused for %s with a sentence in the compiler error',
    (_what, { member, sentence }) => {
      expect(diagnostics.get(SNIPPET.indexOf(member))).toContain(sentence);
    },
  );
});
