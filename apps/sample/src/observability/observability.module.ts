import { Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { TerminusModule } from '@nestjs/terminus';
import { DistributedCacheDashboardModule } from 'nestjs-distributed-cache/dashboard';
import { DistributedCacheHealthIndicator } from 'nestjs-distributed-cache/terminus';
import { DistributedCachePrometheusModule } from 'nestjs-distributed-cache/prometheus';
import { collectDefaultMetrics } from 'prom-client';
import { dashboardAccess } from './dashboard-access.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { telemetry } from './telemetry.js';

// Of the process: CPU, memory, event loop, garbage collection.
collectDefaultMetrics();

@Module({
  imports: [
    TerminusModule,
    DistributedCachePrometheusModule.forRoot(),
    DistributedCacheDashboardModule.forRootAsync({
      path: '/cache',
      inject: [ConfigService],
      useFactory: (config: ConfigService) => dashboardAccess(config.get<string>('HOST', '127.0.0.1')),
    }),
    ...telemetry,
  ],
  controllers: [MetricsController, HealthController],
  providers: [DistributedCacheHealthIndicator],
})
export class ObservabilityModule {}
