import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { DistributedCacheModule } from 'nestjs-distributed-cache';
import { aclRule } from 'nestjs-distributed-cache/redis';
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { inRepository } from '../../tools/repository.mjs';
import { pageAndCode } from '../support/common/page-code.js';

@Module({ imports: [DistributedCacheModule.forRoot({ redisConnectionString: '' })] })
class AppModule {}

// What follows is on a page, word by word: so it compiles, and it runs in the tests below.

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env['PORT'] ?? 3000);
  process.send?.('ready');
}

function printsTheRule(): void {
  console.log(`ACL SETUSER shop on >a-long-password resetkeys resetchannels -@all ${aclRule({ namespace: 'shop' })}`);
}

const PAGES = ['docs/pm2.md', 'docs/getting-started.md', 'docs/kubernetes.md', 'docs/sizing.md', 'SECURITY.md'];

it.each(PAGES)('%s shows only code that this file compiles and runs', async (page) => {
  const { blocks, here } = await pageAndCode(new URL(inRepository(page), 'file:'), new URL(import.meta.url));
  for (const block of blocks) for (const part of block.split(/(?<=';)\n(?!import)/)) expect(here).toContain(part);
});

describe('the page on PM2', () => {
  it('shows a main.ts that tells PM2 when it listens', async () => {
    const send = vi.fn<(message: unknown) => boolean>(() => true);
    vi.stubEnv('PORT', '0');
    const create = vi.spyOn(NestFactory, 'create');
    const before = process.send;
    process.send = send;
    try {
      await bootstrap();
      expect(send).toHaveBeenCalledWith('ready');
    } finally {
      if (before) process.send = before;
      else delete process.send;
      vi.unstubAllEnvs();
      for (const made of create.mock.settledResults) if (made.type === 'fulfilled') await made.value.close();
      create.mockRestore();
    }
  });
});

describe('the page on security', () => {
  const page = readFileSync(inRepository('SECURITY.md'), 'utf8');

  it('shows the rule that the library gives', () => {
    expect(page).toContain(`\n${aclRule({ namespace: 'shop' })}\n`);
  });

  it('shows how to print it', () => {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    printsTheRule();
    expect(log.mock.calls).toEqual([[expect.stringContaining('+zrem')]]);
    log.mockRestore();
  });

  it('names every dependency of the package', () => {
    const { dependencies }: { dependencies: object } = JSON.parse(
      readFileSync(inRepository('libs/distributed-cache/package.json'), 'utf8'),
    );
    for (const name of Object.keys(dependencies)) expect(page).toContain(`\`${name}\``);
  });
});
