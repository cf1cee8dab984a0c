import { Controller, Get, Inject, Param, Post, Req, Res, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { Dashboard } from './dashboard.js';
import type { WebRequest } from './http/web.js';

/** By this, `@nestjs/swagger` knows what it leaves out. */
const LEFT_OUT_OF_SWAGGER = 'swagger/apiExcludeController';

/**
 * The controller of the dashboard at a path.
 *
 * The handlers take the response for themselves (`@Res`), so that no interceptor of the application changes what they send, and the request as
 * it is, so that no pipe does.
 *
 * @internal
 */
export function dashboardControllerAt(path: string): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  class DistributedCacheDashboardController {
    readonly #dashboard: Dashboard;

    constructor(@Inject(Dashboard) dashboard: Dashboard) {
      this.#dashboard = dashboard;
    }

    @Get()
    page(@Req() request: WebRequest, @Res() response: object): Promise<void> {
      return this.#dashboard.page(request, response);
    }

    @Get('assets/:name')
    asset(@Req() request: WebRequest, @Res() response: object, @Param('name') name: string): Promise<void> {
      return this.#dashboard.asset(request, response, name);
    }

    @Get('events')
    events(@Req() request: WebRequest, @Res() response: object): Promise<void> {
      return this.#dashboard.events(request, response);
    }

    @Post('where')
    where(@Req() request: WebRequest, @Res() response: object): Promise<void> {
      return this.#dashboard.where(request, response);
    }

    @Post('evict')
    evict(@Req() request: WebRequest, @Res() response: object): Promise<void> {
      return this.#dashboard.evict(request, response);
    }
  }

  Reflect.defineMetadata(LEFT_OUT_OF_SWAGGER, [true], DistributedCacheDashboardController);
  return DistributedCacheDashboardController;
}
