#!/usr/bin/env node
import { argv, env, stderr, stdout } from 'node:process';
import { runCommandLine } from './command-line.js';

// `npx nestjs-distributed-cache`: what it does is in command-line.ts.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
// A pager or `head` that has seen enough is no error.
stdout.on('error', () => interrupted.abort());
void runCommandLine(argv.slice(2), {
  env,
  folder: process.cwd(),
  out: (text) => void stdout.write(text),
  error: (text) => void stderr.write(text),
  isTerminal: stdout.isTTY,
  // A terminal that does not know its size says 0.
  size: () => ({ columns: stdout.columns || Infinity, rows: stdout.rows || Infinity }),
  signal: interrupted.signal,
}).then((code) => (process.exitCode = code));
