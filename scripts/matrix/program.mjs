/** What a program of the matrix imports, by package. */
const IMPORTS = {
  'nestjs-distributed-cache': 'Cacheable, DistributedCache, DistributedCacheModule',
  'nestjs-distributed-cache/redis': 'parseRedisConnectionString',
  'nestjs-distributed-cache/testing': 'provideTestCache, withTestCache',
  '@nestjs/common': 'Injectable, Module',
  '@nestjs/core': 'NestFactory',
};

/** Two instances of an application on a real Redis: one loads and caches, the other evicts everywhere, the first loads again. */
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

const lines = [];
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (line, ...rest) => {
  lines.push(String(line));
  return write(line, ...rest);
};

async function boot() {
  class AppModule {}
  Module({ imports: [DistributedCacheModule.forRoot()], providers: [Products] })(AppModule);
  return NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn', 'log'] });
}

function expect(what, is) {
  if (!is) throw new Error('expected ' + what);
}

async function main() {
  const [here, there] = [await boot(), await boot()];
  const products = here.get(Products);
  expect('one line with its details', lines.some((line) => line.includes('copies are coherent') && line.includes('namespace')));
  await products.find('42');
  await products.find('42');
  expect('one load', products.loads === 1);
  expect('the state coherent', here.get(DistributedCache).status().state === 'coherent');
  const { instances } = await there.get(DistributedCache).region('products').evict('42', { everywhere: true });
  expect('two instances to confirm', instances === 2);
  await products.find('42');
  expect('a second load', products.loads === 2);
  await Promise.all([here.close(), there.close()]);
  expect('/redis to parse', parseRedisConnectionString('redis://localhost').mode === 'standalone');
  const byHand = withTestCache(new Products());
  await byHand.find('1');
  await byHand.find('1');
  expect('/testing to cache', byHand.loads === 1 && typeof provideTestCache === 'function');
  console.log('works');
}
main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;

/** @param {'import' | 'require'} system how the program loads its modules */
export function program(system) {
  const lines = Object.entries(IMPORTS);
  return system === 'import'
    ? `import 'reflect-metadata';\n${lines.map(([from, names]) => `import { ${names} } from '${from}';`).join('\n')}\n${BODY}`
    : `require('reflect-metadata');\n${lines.map(([from, names]) => `const { ${names} } = require('${from}');`).join('\n')}\n${BODY}`;
}
