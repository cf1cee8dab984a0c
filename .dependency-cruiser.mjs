/**
 * The floors of the library: which folder of `libs/distributed-cache/src` may import from which. `npm run lint` and CI run it; what the
 * folders hold is in docs/architecture.md.
 */

const SOURCE = 'libs/distributed-cache/src';

/** Each folder, lowest first, with the folders that it may import from beside itself and `errors.ts`. */
const MAY_IMPORT = {
  common: [],
  store: ['common'],
  keys: ['common'],
  protocol: ['common'],
  coherence: ['protocol', 'common'],
  redis: ['protocol', 'common'],
  cache: ['coherence', 'protocol', 'keys', 'store', 'common'],
  decorators: ['cache', 'keys', 'protocol', 'common'],
  module: ['decorators', 'cache', 'redis', 'coherence', 'protocol', 'keys', 'common'],
  observer: ['protocol', 'common'],
  cli: ['observer', 'module', 'redis', 'cache', 'coherence', 'protocol', 'keys', 'common'],
  terminus: ['cache', 'common'],
  prometheus: ['module', 'cache', 'common'],
  opentelemetry: ['module', 'cache', 'coherence', 'protocol', 'common'],
  http: ['module', 'decorators', 'cache', 'coherence', 'protocol', 'keys', 'store', 'common'],
  dashboard: ['observer', 'module', 'cache', 'protocol', 'keys', 'common'],
  testing: ['module', 'decorators', 'cache', 'coherence', 'protocol', 'keys', 'store', 'common'],
};

/** Folders that know neither the framework nor a client of Redis. */
const PURE = ['common', 'store', 'keys', 'protocol', 'coherence'];

const floors = Object.entries(MAY_IMPORT).map(([folder, below]) => ({
  name: `floor-${folder}`,
  comment: `${folder}/ imports from ${['itself', ...below].join(', ')} and errors.ts: imports only go down.`,
  severity: 'error',
  from: { path: `^${SOURCE}/${folder}/`, pathNot: String.raw`\.(?:spec|test-d)\.ts$` },
  to: {
    path: `^${SOURCE}/`,
    pathNot: [`^${SOURCE}/(?:${[folder, ...below].join('|')})/`, `^${SOURCE}/errors\\.ts$`],
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...floors,
    {
      name: 'pure-folders',
      comment: `${PURE.join(', ')} import neither Nest, nor ioredis, nor rxjs, nor cache-manager.`,
      severity: 'error',
      from: { path: `^${SOURCE}/(?:${PURE.join('|')})/`, pathNot: String.raw`\.(?:spec|test-d)\.ts$` },
      to: { path: String.raw`node_modules/(?:@nestjs|ioredis|rxjs|reflect-metadata|cache-manager|keyv)(?:/|$)` },
    },
    {
      name: 'redis-client-in-redis',
      comment: 'Only redis/ speaks to Redis; others may name a type of ioredis, which leaves nothing to load.',
      severity: 'error',
      from: { path: `^${SOURCE}/`, pathNot: [`^${SOURCE}/redis/`, String.raw`\.(?:spec|test-d)\.ts$`] },
      to: { path: 'node_modules/ioredis(?:/|$)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circle',
      comment:
        'Two files that import each other, also for their types alone, are one concept or need a third file below both.',
      severity: 'error',
      from: { path: `^${SOURCE}/` },
      to: { circular: true },
    },
    {
      name: 'no-test-in-production',
      comment: 'No file that is shipped imports a test.',
      severity: 'error',
      from: { path: `^${SOURCE}/`, pathNot: String.raw`\.(?:spec|test-d)\.ts$` },
      to: { path: String.raw`\.(?:spec|test-d)\.ts$|^test/` },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere would pass every rule above.',
      severity: 'error',
      from: { path: `^${SOURCE}/` },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count: the floors are about what a reader has to know.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
