import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, OptionDefaults } from 'typedoc';
import { inRepository } from '../tools/repository.mjs';
import { REPOSITORY } from './places.mjs';

/** @typedef {import('./sidebar.js').SidebarItem} SidebarItem */
/** What typedoc-plugin-markdown writes for menus. @typedef {{ title: string, path?: string, children?: readonly Entry[] }} Entry */

const LIBRARY = 'libs/distributed-cache';
/** What every public export is marked with. */
const MARK = '@publicApi';
/** Types that only make the compiler accept or refuse something, and a class of which users need no more than its `Observation`. */
const NOT_EXPORTED = ['Unchecked', 'NotAPromise', 'ProblemOf', 'IsKey', 'IsUnchecked', 'BulkShape', 'RedisObservation'];
/** What has to have a docstring. A property needs one where its name does not say enough, which nobody but a reader can tell. */
const TO_BE_DOCUMENTED = ['Class', 'Interface', 'TypeAlias', 'Enum', 'Function', 'Variable', 'Method', 'Accessor'];

/**
 * Writes the API reference of all sub-paths of the package as pages of the site.
 *
 * @param {string} folder of the pages
 * @returns {Promise<readonly SidebarItem[]>} their part of the sidebar
 * @throws {Error} when something public has no docstring, or a link of a docstring leads nowhere; the lines before say which
 */
export async function putApiReference(folder) {
  const subPaths = subPathsOfLibrary();
  const navigation = join(folder, 'navigation.json');
  const app = await Application.bootstrapWithPlugins({
    plugin: [fileURLToPath(import.meta.resolve('typedoc-plugin-markdown'))],
    intentionallyNotExported: NOT_EXPORTED,
    entryPoints: subPaths.map(({ source }) => source),
    tsconfig: inRepository(`${LIBRARY}/tsconfig.json`),
    basePath: inRepository('.'),
    name: 'API reference',
    out: join(folder, 'api'),
    readme: 'none',
    disableGit: true,
    sourceLinkTemplate: `${REPOSITORY}/blob/main/{path}#L{line}`,
    // Types with `@inline` are shown where they are used: the parts of the options of decorators, which nobody imports.
    modifierTags: [...OptionDefaults.modifierTags, MARK],
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeExternals: true,
    requiredToBeDocumented: TO_BE_DOCUMENTED,
    validation: { notDocumented: true, notExported: true, invalidLink: true, invalidPath: true },
    logLevel: 'Warn',
    navigationJson: navigation,
    entryFileName: 'index.md',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    parametersFormat: 'table',
    // Angle brackets of comments would be tags of the site's pages.
    sanitizeComments: true,
  });
  const project = await app.convert();
  // Named as they are imported, not as the files are.
  for (const module of project?.children ?? [])
    module.name = subPaths.find(({ path }) => path === module.name)?.name ?? module.name;
  if (project) app.validate(project);
  const unmarked = project ? withoutMark(project) : [];
  for (const name of unmarked)
    console.error(`[error] ${name} is exported, and is marked neither ${MARK} nor @internal.`);
  if (!project || app.logger.hasErrors() || app.logger.hasWarnings() || unmarked.length > 0)
    throw new Error(
      'The API reference is incomplete: mend what the lines above name. What is public needs a docstring, and what is not has to be marked @internal.',
    );
  // Every reader can see that it is public.
  for (const { comment } of Object.values(project.reflections)) comment?.removeModifier(MARK);
  await app.generateOutputs(project);
  /** @type {readonly Entry[]} */
  const entries = JSON.parse(readFileSync(navigation, 'utf8'));
  return entries.map(itemOf);
}

/**
 * The public exports that say nothing of it.
 *
 * @param {import('typedoc').Project} project
 */
function withoutMark({ children = [] }) {
  return children.flatMap((module) =>
    (module.children ?? [])
      .filter((each) => !each.isReference())
      .filter(
        ({ comment, signatures = [] }) =>
          ![comment, ...signatures.map((one) => one.comment)].some((one) => one?.hasModifier(MARK)),
      )
      .map(({ name }) => `${module.name}: ${name}`),
  );
}

/** The sub-paths that an application can import, and the file that each is compiled from. */
function subPathsOfLibrary() {
  /** @type {{ name: string, exports: Readonly<Record<string, unknown>> }} */
  const { name, exports } = JSON.parse(readFileSync(inRepository(`${LIBRARY}/package.json`), 'utf8'));
  return Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => ({
      path: posix.join(LIBRARY, 'src', path),
      name: `${name}${path.slice(1)}`,
      source: inRepository(`${LIBRARY}/src/${path}/index.ts`),
    }));
}

/**
 * @param {Entry} entry
 * @returns {SidebarItem}
 */
function itemOf({ title, path, children }) {
  return {
    text: title,
    ...(path !== undefined && { link: `/api/${path.replace(/(index)?\.md$/, '')}` }),
    ...(children && { collapsed: true, items: children.map(itemOf) }),
  };
}
