/** All that one copy of the library exports, for tests that load a second copy. */
export * from '../../../libs/distributed-cache/src/index.js';
export { provideTestCache } from '../../../libs/distributed-cache/src/testing/index.js';
