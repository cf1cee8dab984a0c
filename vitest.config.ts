import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string =>
  fileURLToPath(new URL(`./libs/distributed-cache/src/${path}`, import.meta.url));

/** Unit tests that take seconds, or start processes: not for `npm run test:unit`, which is to be over while one waits. */
const SLOW = [
  'libs/distributed-cache/src/architecture.spec.ts',
  'libs/distributed-cache/src/coherence/follow/hostile-messages.spec.ts',
  'tools/child-process.spec.ts',
  'tools/command-line.spec.ts',
];

/** Faults of clusters and sentinels. They judge no times that a second file beside them could spoil. */
const TOPOLOGIES = ['test/faults/topologies-*.spec.ts'];

/** End-to-end tests that judge how long an answer or an end takes: with nothing beside them. */
const TIMED_E2E = ['cold-product', 'pm2', 'redis-faults'].map((name) => `test/e2e/${name}.spec.ts`);

export default defineConfig({
  // Vite must be told about legacy decorators here: without the metadata, Nest cannot inject by type.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: [
      { find: /^nestjs-distributed-cache$/, replacement: source('index.ts') },
      { find: /^nestjs-distributed-cache\/(.+)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    reporters: ['./test/support/run/length-reporter.ts', './test/support/run/progress-reporter.ts'],
    // In every project: no test file may log a password or a cached value, whatever it is about.
    // Vitest leaves one core to itself, which is half of a machine with two. Most of these tests wait for timers or sockets.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    setupFiles: ['test/support/secrets/no-secrets.setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'libs/*/src/**/*.spec.ts',
            'apps/*/src/**/*.spec.ts',
            'tools/**/*.spec.ts',
            'test/scenarios/**/*.spec.ts',
            'test/documents/**/*.spec.ts',
          ],
          exclude: SLOW,
          // The files share a worker: most of their time would else be that of loading the same modules again.
          isolate: false,
          setupFiles: ['test/support/run/storages-off.setup.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: SLOW,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'coherence',
          include: ['test/coherence/**/*.spec.ts'],
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          sequence: { groupOrder: 2 },
          include: ['test/integration/**/*.spec.ts'],
          globalSetup: ['test/support/run/redis-once.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'topologies',
          // Most of their time they wait for an election or a promotion.
          sequence: { groupOrder: 2 },
          include: TOPOLOGIES,
          globalSetup: ['test/support/run/redis-once.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 3 },
          include: ['test/e2e/**/*.spec.ts'],
          exclude: TIMED_E2E,
          globalSetup: ['test/support/run/redis-once.ts', 'test/support/run/build-once.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          // One file at a time: it measures how stale reads are.
          sequence: { groupOrder: 4 },
          include: ['test/faults/**/*.spec.ts'],
          exclude: TOPOLOGIES,
          globalSetup: ['test/support/run/redis-once.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          // One file at a time: it measures how long answers take.
          sequence: { groupOrder: 5 },
          include: TIMED_E2E,
          globalSetup: ['test/support/run/redis-once.ts', 'test/support/run/build-once.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
