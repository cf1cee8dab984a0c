import { createHash, timingSafeEqual } from 'node:crypto';
import { HttpException, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DistributedCacheModule } from 'nestjs-distributed-cache';
import { DistributedCacheDashboardModule, type DashboardRequest } from 'nestjs-distributed-cache/dashboard';
import { pageAndCode } from '../support/common/page-code.js';

/** The code of docs/dashboard.md, compiled and run. */

interface SignedInRequest {
  readonly user?: { readonly roles: readonly string[] };
}

@Injectable()
class Sessions {
  async of(cookie: string | undefined): Promise<{ readonly isOperator: boolean } | undefined> {
    return cookie === undefined ? undefined : { isOperator: cookie === 'session=operator' };
  }
}

@Module({ providers: [Sessions], exports: [Sessions] })
class SessionsModule {}

@Module({
  imports: [
    DistributedCacheModule.forRoot(),
    DistributedCacheDashboardModule.forRoot({
      path: '/cache',
      canView: (request: SignedInRequest) => request.user?.roles.includes('operator') === true,
      canEvict: (request: SignedInRequest) => request.user?.roles.includes('admin') === true,
    }),
  ],
})
export class AppModule {}

export function isOperator({ headers }: DashboardRequest): boolean {
  const [, encoded = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
  const password = Buffer.from(encoded, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
  const isRight = isSame(password, process.env['DASHBOARD_PASSWORD'] ?? '');
  if (!isRight) throw new HttpException('Who are you?', 401);
  return true;
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return expected !== '' && a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

@Module({
  imports: [
    DistributedCacheModule.forRoot(),
    DistributedCacheDashboardModule.forRootAsync({
      imports: [SessionsModule],
      inject: [Sessions],
      useFactory: (sessions: Sessions) => ({
        canView: async ({ headers }: DashboardRequest) => (await sessions.of(headers.cookie))?.isOperator === true,
      }),
    }),
  ],
})
export class AppWithSessionsModule {}

@Module({
  imports: [DistributedCacheModule.forRoot(), DistributedCacheDashboardModule.forRoot({ canView: isOperator })],
})
class AppWithPasswordModule {}

/** @returns the status of its events with these headers */
async function statusAt(
  module: Type,
  headers: Record<string, string>,
  user?: SignedInRequest['user'],
): Promise<number> {
  const app = await NestFactory.create(module, { logger: false, abortOnError: false });
  app.use((request: { user?: SignedInRequest['user'] }, _: unknown, next: () => void) => {
    if (user) request.user = user;
    next();
  });
  await app.listen(0, '127.0.0.1');
  const left = new AbortController();
  try {
    return (await fetch(`${await app.getUrl()}/cache/events`, { headers, signal: left.signal })).status;
  } finally {
    left.abort();
    await app.close();
  }
}

describe('The page on the dashboard', () => {
  it('shows only code that this file compiles', async () => {
    const { blocks, here } = await pageAndCode(
      new URL('../../docs/dashboard.md', import.meta.url),
      new URL(import.meta.url),
    );
    expect(blocks).toHaveLength(3);
    for (const block of blocks) expect(here).toContain(block);
  });

  it('shows guards that let the right ones in', async () => {
    process.env['DASHBOARD_PASSWORD'] = 'open sesame';
    onTestFinished(() => void delete process.env['DASHBOARD_PASSWORD']);
    const basic = (password: string): Record<string, string> => ({
      authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}`,
    });
    expect(await statusAt(AppModule, {}, { roles: ['operator'] })).toBe(200);
    expect(await statusAt(AppModule, {}, { roles: ['guest'] })).toBe(403);
    expect(await statusAt(AppWithSessionsModule, { cookie: 'session=operator' })).toBe(200);
    expect(await statusAt(AppWithSessionsModule, {})).toBe(403);
    expect(await statusAt(AppWithPasswordModule, basic('open sesame'))).toBe(200);
    expect(await statusAt(AppWithPasswordModule, basic('another'))).toBe(401);
  });
});
