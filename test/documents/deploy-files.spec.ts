import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { validate as validateDockerfile } from 'dockerfile-utils';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { inRepository } from '../../tools/repository.mjs';

const read = (path: string): string => readFileSync(inRepository(path), 'utf8');

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  /** The whole, as a literal of TypeScript. */
  readonly literal: string;
}

const resourcesIn = (path: string): Resource[] =>
  parseAllDocuments(read(path)).map((document) => {
    const resource: { apiVersion: string; kind: string } = document.toJS();
    return { apiVersion: resource.apiVersion, kind: resource.kind, literal: JSON.stringify(resource) };
  });

/** The types of Kubernetes and of the language: the same for every file. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * Compiles literals against types that are generated from the schema of their format. As in a strict check by the schema, a property that is
 * missing, unknown, or of another type is an error.
 */
function errorsIn(code: string): string[] {
  const file = inRepository('test/documents/literals.ts');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types: [],
    strict: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? code : readFile(name));
  host.getSourceFile = (name, version, ...rest) => {
    if (name === file) return ts.createSourceFile(name, code, version);
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, version, ...rest));
    return parsed.get(name);
  };
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

const MANIFESTS = readdirSync(inRepository('deploy/kubernetes')).map((name) => `deploy/kubernetes/${name}`);

/** What types Kubernetes 1.30 has for these resources: apps/v1 → kubernetes-types/apps/v1. */
const asKubernetes = (path: string, change: (literal: string) => string = (literal) => literal): string =>
  resourcesIn(path)
    .map(({ apiVersion, kind, literal }, index) => {
      const from = posix.join('kubernetes-types', apiVersion === 'v1' ? 'core/v1' : apiVersion.replace('.k8s.io', ''));
      return `import type { ${kind} as Kind${index} } from '${from}.js';\nexport const r${index}: Kind${index} = ${change(literal)};`;
    })
    .join('\n');

describe('a manifest for Kubernetes', () => {
  it.each(MANIFESTS)('is what the API of Kubernetes 1.30 takes, without unknown fields: %s', (path) => {
    expect(errorsIn(asKubernetes(path))).toEqual([]);
  });

  it('with a misspelt field is noticed', () => {
    const path = 'deploy/kubernetes/deployment.yaml';
    expect(errorsIn(asKubernetes(path, (literal) => literal.replace('readinessProbe', 'readynessProbe')))).toEqual([
      expect.stringContaining('readynessProbe'),
    ]);
  });

  it('selects the pods that the deployment makes', () => {
    const labels = /matchLabels:\s+app: (\S+)/g;
    for (const path of ['deployment', 'pod-disruption-budget', 'service'].map(
      (name) => `deploy/kubernetes/${name}.yaml`,
    )) {
      const selected = Array.from(
        read(path).matchAll(path.endsWith('service.yaml') ? /selector:\s+app: (\S+)/g : labels),
      );
      expect(selected.map(([, app]) => app)).toEqual(selected.map(() => 'shop'));
      expect(selected).not.toEqual([]);
    }
  });
});

describe('the Dockerfile', () => {
  it('has no instruction, flag or value that Docker would refuse or warn of', () => {
    expect(validateDockerfile(read('deploy/docker/Dockerfile')).map(({ message }) => message)).toEqual([]);
  });

  it('copies only what is in the repository, or in the stage before', () => {
    const sources = Array.from(
      read('deploy/docker/Dockerfile').matchAll(/^COPY (?!--from)(.*) \S+$/gm),
      ([, paths = '']) => paths.split(' '),
    ).flat();
    expect(sources).toContain('package-lock.json');
    for (const path of sources) expect(() => readdirSync(inRepository(posix.dirname(path)))).not.toThrow();
  });
});

const unindented = (text: string): string => text.replaceAll(/\s*\n\s*/g, '\n').trim();

describe.each([
  ['docs/kubernetes.md', 'yaml', MANIFESTS],
  ['docs/docker-compose.md', 'yaml', ['deploy/docker/compose.yaml']],
  ['docs/docker-compose.md', 'dockerfile', ['deploy/docker/Dockerfile']],
  ['docs/pm2.md', 'js', ['deploy/pm2/ecosystem.config.cjs']],
] as const)('%s', (page, language, files) => {
  const blocks = Array.from(
    read(page).matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\n\`\`\``, 'gs')),
    ([, code = '']) => code,
  );

  it(`shows ${language} of its files in deploy, word by word`, () => {
    const shown = blocks.filter((code) => !code.includes('increment_var'));
    expect(shown).not.toEqual([]);
    for (const code of shown)
      expect(files.some((path) => unindented(read(path)).includes(unindented(code)))).toBe(true);
  });
});
