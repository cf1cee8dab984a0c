import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { inRepository } from '../../tools/repository.mjs';

/** Where the names come from that a block uses without an import. The first that exports a name gives it. */
const PACKAGES = [
  'nestjs-distributed-cache',
  ...['http', 'terminus', 'prometheus', 'opentelemetry', 'redis', 'testing'].map(
    (path) => `nestjs-distributed-cache/${path}`,
  ),
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/config',
  '@nestjs/testing',
  '@nestjs/terminus',
  'cache-manager',
  'ioredis',
];

/** What the pages call by these names. */
const READERS_OWN = `
import type { DistributedCache, Region } from 'nestjs-distributed-cache';
declare global {
  const cache: DistributedCache;
  const products: Region<{ id: string; price: number; categoryId: string }>;
}`;

/** A table of the reader's own that is called as the region is. */
const TABLE = "import { products } from './schema.js';";

/**
 * A name that the page does not declare is the reader's own, such as a repository: it may be anything, and so may what it calls back with.
 * `describe` and `it` are such names, too.
 */
const UNKNOWN_NAMES = [2304, 2307, 2503, 2552, 2582, 2593, 7006, 18004];

interface Block {
  readonly name: string;
  readonly code: string;
}

const pages = ['README.md', 'SECURITY.md', ...readdirSync(inRepository('docs')).map((name) => `docs/${name}`)];
const blocks = pages.filter((page) => page.endsWith('.md')).flatMap(blocksOf);

function blocksOf(page: string): Block[] {
  const found = readFileSync(inRepository(page), 'utf8').matchAll(/^```ts\n(.*?)\n```$/gms);
  return Array.from(found, ([, code = ''], index) => ({ name: `${page}-${index + 1}.ts`, code }));
}

/** Compiles files that are not there, against the source of the library. */
class Compiler {
  readonly #files = new Map<string, string>();
  readonly #parsed = new Map<string, ts.SourceFile | undefined>();
  readonly #options: ts.CompilerOptions;
  readonly #host: ts.CompilerHost;

  constructor() {
    const { config } = ts.readConfigFile(inRepository('tsconfig.check.json'), (path) => ts.sys.readFile(path));
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, inRepository('.'));
    this.#options = {
      ...options,
      noEmit: true,
      verbatimModuleSyntax: false,
      isolatedModules: false,
      skipLibCheck: true,
      types: ['node'],
      noUnusedLocals: false,
      noUnusedParameters: false,
      moduleDetection: ts.ModuleDetectionKind.Force,
    };
    this.#host = ts.createCompilerHost(this.#options);
    const { fileExists, readFile, getSourceFile } = this.#host;
    this.#host.fileExists = (path) => this.#files.has(path) || fileExists(path);
    this.#host.readFile = (path) => this.#files.get(path) ?? readFile(path);
    this.#host.getSourceFile = (path, version, ...rest) => {
      const code = this.#files.get(path);
      if (code !== undefined) return ts.createSourceFile(path, code, version);
      if (!this.#parsed.has(path)) this.#parsed.set(path, getSourceFile(path, version, ...rest));
      return this.#parsed.get(path);
    };
  }

  compile(files: readonly Block[]): ts.Program {
    for (const { name, code } of files) this.#files.set(inRepository(name), code);
    return ts.createProgram(
      files.map(({ name }) => inRepository(name)),
      this.#options,
      this.#host,
    );
  }
}

/** The package that each name comes from. */
function packagesOf(compiler: Compiler): Map<string, string> {
  const name = 'all.ts';
  const code = PACKAGES.map((from, index) => `import * as p${index} from '${from}';\np${index};`).join('\n');
  const program = compiler.compile([{ name, code }]);
  const checker = program.getTypeChecker();
  const found = new Map<string, string>();
  for (const statement of program.getSourceFile(inRepository(name))?.statements ?? []) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const symbol = checker.getSymbolAtLocation(statement.moduleSpecifier);
    for (const exported of symbol ? checker.getExportsOfModule(symbol) : []) {
      if (!found.has(exported.name)) found.set(exported.name, statement.moduleSpecifier.text);
    }
  }
  return found;
}

function withImports({ name, code }: Block, packages: ReadonlyMap<string, string>): Block {
  const source = ts.createSourceFile(name, code, ts.ScriptTarget.Latest);
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) used.add(node.text);
    if ((ts.isClassDeclaration(node) || ts.isFunctionDeclaration(node) || ts.isInterfaceDeclaration(node)) && node.name)
      declared.add(node.name.text);
    if ((ts.isVariableDeclaration(node) || ts.isParameter(node)) && ts.isIdentifier(node.name))
      declared.add(node.name.text);
    if (ts.isImportSpecifier(node)) declared.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const imports = [...used]
    .filter((each) => packages.has(each) && !declared.has(each))
    .map((each) => `import { ${each} } from '${packages.get(each)}';`);
  if (code.includes('.update(products)')) imports.push(TABLE);
  return { name, code: `${imports.join(' ')}\n${asModule(code)}` };
}

/** Puts a method, or decorators alone, into a class of the reader, whose other members are unknown. */
function asModule(code: string): string {
  if (!code.startsWith('@') || /^(?:export )?class /m.test(code)) return code;
  const method = code.endsWith('}') ? code : `${code}\nasync method(_id: string) {}`;
  return `import type { Own } from './own.js'; class Reader { [name: string]: Own;\n${method}\n}`;
}

describe('a block of TypeScript in the documentation', () => {
  const compiler = new Compiler();
  const packages = packagesOf(compiler);
  const program = compiler.compile([
    { name: 'readers-own.ts', code: READERS_OWN },
    ...blocks.map((block) => withImports(block, packages)),
  ]);

  it.each(blocks.map(({ name }) => name))('compiles: %s', (name) => {
    const source = program.getSourceFile(inRepository(name));
    const errors = ts
      .getPreEmitDiagnostics(program, source)
      .filter(({ code }) => !UNKNOWN_NAMES.includes(code))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(errors).toEqual([]);
  });
});
