// `npm run smoke`: installs the packed library into an empty folder, as a user would, and uses it through `import` and `require`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommandLine } from '../tools/command-line.mjs';
import { inRepository } from '../tools/repository.mjs';

readCommandLine({
  command: 'npm run smoke --',
  about:
    'Installs the packed library into an empty folder and uses it through import and require. Build it first: npm run build.',
  options: {},
});
const folder = mkdtempSync(join(tmpdir(), 'distributed-cache-smoke-'));

/** The program that must run in both module systems: it decorates, boots, caches and shuts down. */
const BODY = `
class Products {
  loads = 0;
  async find(id) {
    this.loads += 1;
    return { id };
  }
}
const descriptor = Object.getOwnPropertyDescriptor(Products.prototype, 'find');
Cacheable({ region: 'products', key: (id) => id })(Products.prototype, 'find', descriptor);
Object.defineProperty(Products.prototype, 'find', descriptor);
Injectable()(Products);

class AppModule {}
Module({ imports: [DistributedCacheModule.forRoot()], providers: [Products] })(AppModule);

async function main() {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  const products = app.get(Products);
  await products.find('42');
  await products.find('42');
  if (products.loads !== 1) throw new Error('expected one load, saw ' + products.loads);
  if (app.get(DistributedCache).status().state !== 'local') throw new Error('expected local mode');
  if (parseRedisConnectionString('redis://localhost').mode !== 'standalone') throw new Error('/redis does not parse');
  if (typeof provideTestCache !== 'function') throw new Error('/testing has no provideTestCache');
  await app.close();
}
main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;

const IMPORTS = {
  'nestjs-distributed-cache': 'Cacheable, DistributedCache, DistributedCacheModule',
  'nestjs-distributed-cache/redis': 'parseRedisConnectionString',
  'nestjs-distributed-cache/testing': 'provideTestCache',
  '@nestjs/common': 'Injectable, Module',
  '@nestjs/core': 'NestFactory',
};

try {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', folder], inRepository('libs/distributed-cache')),
  );
  const { devDependencies } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
  const peers = ['@nestjs/common', '@nestjs/core', 'cache-manager', 'ioredis', 'reflect-metadata', 'rxjs'];
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'smoke', private: true }));
  console.log('smoke: installing the packed library into an empty folder …');
  const wanted = peers.map((peer) => `${peer}@${devDependencies[peer]}`);
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`, ...wanted], folder);

  const lines = Object.entries(IMPORTS);
  writeFileSync(
    join(folder, 'smoke.mjs'),
    `import 'reflect-metadata';\n${lines.map(([from, names]) => `import { ${names} } from '${from}';`).join('\n')}${BODY}`,
  );
  writeFileSync(
    join(folder, 'smoke.cjs'),
    `require('reflect-metadata');\n${lines.map(([from, names]) => `const { ${names} } = require('${from}');`).join('\n')}${BODY}`,
  );
  for (const file of ['smoke.mjs', 'smoke.cjs']) {
    run(process.execPath, [file], folder);
    console.log(`smoke: ${file === 'smoke.mjs' ? 'import' : 'require'} works`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @returns {string} its standard output; its errors go to the terminal
 */
function run(program, args, cwd) {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
