// Runs `main(…)` of a TypeScript module in a process of its own: node run-typescript.mjs <module> [argument…]
import { importTypeScript } from './typescript.mjs';

const [, , path = '', ...args] = process.argv;
/** @type {{ main: (...args: string[]) => unknown }} */
const { main } = await importTypeScript(path);
await main(...args);
