import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { anchorsIn, linksIn } from '../../tools/markdown-links.mjs';

const LIBRARY = fileURLToPath(new URL('../../libs/distributed-cache/', import.meta.url));
const fileOf = (path: string): Promise<string> => readFile(`${LIBRARY}${path}`, 'utf8');

/** What the package holds beside its code. */
const BESIDE_CODE = [
  /^(package\.json|LICENSE|README\.md|CHANGELOG\.md)$/,
  /^docs\/[\w/-]+\.(md|svg)$/,
  /^grafana\/[\w-]+\.json$/,
  /^prometheus\/[\w-]+\.yml$/,
  /^dist\/cjs\/package\.json$/,
  /^dist\/dashboard\/page\/[\w./-]+\.(html|js|css|svg|md)$/,
];
/** What nobody may find in a published file: keys, tokens, and where it was built. */
const SECRETS = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----\n[\w+/=]/,
  /\bnpm_\w{36}\b/,
  /\bgh[ps]_\w{36}\b/,
  /_authToken/,
  new RegExp(LIBRARY),
];

let files: readonly string[];

beforeAll(async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json'], { cwd: LIBRARY });
  const [tarball]: [{ files: readonly { path: string }[] }] = JSON.parse(stdout.slice(stdout.indexOf('[')));
  files = tarball.files.map(({ path }) => path);
});

it('the package holds each module twice with its types, as ES module and as CommonJS, its pages, and nothing else', async () => {
  const sources = await readdir(`${LIBRARY}src`, { recursive: true });
  const modules = sources.filter((name) => name.endsWith('.ts') && !/\.(spec|test-d|d)\.ts$/.test(name));
  const built = modules
    .map((name) => name.replaceAll('\\', '/').replace(/\.ts$/, ''))
    .flatMap((name) =>
      ['dist', 'dist/cjs'].flatMap((folder) => ['js', 'd.ts'].map((end) => `${folder}/${name}.${end}`)),
    );
  expect(files.filter((path) => !BESIDE_CODE.some((kind) => kind.test(path))).toSorted()).toEqual(built.toSorted());
});

it('the package holds every file that its package.json names', async () => {
  const { exports, main, types, typesVersions, bin } = JSON.parse(await fileOf('package.json'));
  const named = JSON.stringify({ exports, main, types, typesVersions, bin }).matchAll(/"\.\/([^"]+\.\w+)"/g);
  const paths = Array.from(named, ([, path]) => path);
  expect(paths.length).toBeGreaterThan(40);
  expect(files).toEqual(expect.arrayContaining(paths));
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'docs/options.md']));
});

it('no code of the package names a source map, since it has none', async () => {
  const code = await Promise.all(files.filter((path) => path.endsWith('.js')).map(fileOf));
  expect(code.filter((text) => text.includes('sourceMappingURL'))).toEqual([]);
});

it('no file of the package holds a key, a token or the folder in which it was built', async () => {
  const found = await Promise.all(
    files.map(async (path) => {
      const text = await fileOf(path);
      return SECRETS.filter((secret) => secret.test(text)).map((secret) => `${path}: ${secret}`);
    }),
  );
  expect(found.flat()).toEqual([]);
});

it('every link of the README leads to the web or to one of its own headings, since npm shows it by itself', async () => {
  const readme = await fileOf('README.md');
  const anchors = anchorsIn(readme);
  const targets = linksIn(readme).map(({ target }) => target);
  expect(targets.length).toBeGreaterThan(50);
  expect(targets.filter((target) => !/^https?:/.test(target) && !anchors.has(target.slice(1)))).toEqual([]);
});

it('a page that links to another page of the package leads to it, and to the web for what is not in the package', async () => {
  const page = linksIn(await fileOf('docs/architecture.md')).map(({ target }) => target);
  expect(page).toContain('glossary.md');
  expect(page).toContainEqual(expect.stringMatching(/^https:.*\/blob\/main\/CONTRIBUTING\.md#/));
});

it('the package says where it comes from, under which licence, and that it is public', async () => {
  const manifest = JSON.parse(await fileOf('package.json'));
  expect(manifest).toMatchObject({
    license: 'MIT',
    publishConfig: { access: 'public' },
    repository: { type: 'git', directory: 'libs/distributed-cache' },
  });
  const [, repository = ''] = /^git\+(https:.*)\.git$/.exec(manifest.repository.url) ?? [];
  expect([manifest.homepage, manifest.bugs]).toEqual([`${repository}#readme`, `${repository}/issues`]);
  expect(await fileOf('LICENSE')).toBe(await readFile(new URL('../../LICENSE', import.meta.url), 'utf8'));
});
