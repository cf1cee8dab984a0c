// `npm run docs:redis-servers`: writes the results of `npm run policies` and `npm run idle` into docs/redis-servers.md, between its marks.
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { writeRedisServersPage } from './redis-servers/page.mjs';

const { check } = readCommandLine({
  command: 'npm run docs:redis-servers --',
  about: 'Writes the tables of docs/redis-servers.md from docs/evidence.',
  options: { check: flag('writes nothing, and fails when the page differs from the evidence') },
});

await writeRedisServersPage({ check, command: 'npm run docs:redis-servers' });
