// Runs `main(…)` of a TypeScript module of this repository in a process of its own: node run-typescript.mjs <module> [argument…]
import { argv } from 'node:process';
import { runnerImport } from 'vite';

const [, , path, ...args] = argv;
const { module } = await runnerImport(path, { configFile: false, logLevel: 'error' });
await module.main(...args);
