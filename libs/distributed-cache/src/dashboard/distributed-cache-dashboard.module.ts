import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { nestLogger } from '../module/nest-logger.js';
import { dashboardControllerAt } from './dashboard.controller.js';
import {
  checkAccess,
  checkedPath,
  type DashboardAccess,
  type DashboardOptions,
  type DashboardPlace,
  type DashboardRequest,
} from './dashboard.options.js';
import { Dashboard } from './dashboard.js';

/** As {@link DashboardOptions}, with guards that a factory makes of what it injects. @publicApi */
export interface DashboardAsyncOptions<Request extends object = DashboardRequest>
  extends
    DashboardPlace,
    Pick<ModuleMetadata, 'imports'>,
    Pick<FactoryProvider<DashboardAccess<Request>>, 'useFactory' | 'inject'> {}

const ACCESS = 'nestjs-distributed-cache:dashboard-access';

/**
 * Serves a page that shows what all instances of a cache do, in the application itself: Express or Fastify.
 *
 * It opens an observer while somebody looks, which is no instance: nothing waits for it, and it holds no copies. No value is shown, and
 * no key that was not asked for.
 *
 * @example
 * @Module({
 *   imports: [
 *     DistributedCacheModule.forRoot(),
 *     DistributedCacheDashboardModule.forRoot({ canView: (request: Request) => request.user?.isOperator === true }),
 *   ],
 * })
 * export class AppModule {}
 *
 * @see docs/dashboard.md
 * @publicApi
 */
@Module({})
export class DistributedCacheDashboardModule {
  /**
   * Boot rejects with `InvalidOptionsError` when an option is not allowed, when there is no such cache, and in production
   * (`NODE_ENV=production`) when `canView` is missing.
   */
  static forRoot<Request extends object = DashboardRequest>(options: DashboardOptions<Request> = {}): DynamicModule {
    return moduleWith(options, { useFactory: () => options });
  }

  /** As {@link forRoot}, for guards that need something of the application, such as a service that knows sessions. */
  static forRootAsync<Request extends object = DashboardRequest>(
    options: DashboardAsyncOptions<Request>,
  ): DynamicModule {
    return moduleWith(options, options);
  }
}

function moduleWith<Request extends object>(
  { path, name }: DashboardPlace,
  access: Pick<DashboardAsyncOptions<Request>, 'imports' | 'useFactory' | 'inject'>,
): DynamicModule {
  const { imports = [], useFactory, inject = [] } = access;
  return {
    module: DistributedCacheDashboardModule,
    imports,
    controllers: [dashboardControllerAt(checkedPath(path))],
    providers: [
      { provide: ACCESS, inject, useFactory },
      {
        provide: Dashboard,
        inject: [ACCESS, HttpAdapterHost, ModulesContainer],
        useFactory: (given: DashboardAccess<Request>, host: HttpAdapterHost, modules: ModulesContainer) => {
          const at = checkedPath(path);
          return new Dashboard({
            name,
            path: at,
            access: checkAccess(given, at),
            host,
            modules,
            logger: nestLogger(),
          });
        },
      },
    ],
  };
}
