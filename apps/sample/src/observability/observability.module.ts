import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DistributedCacheDashboardModule } from 'nestjs-distributed-cache/dashboard';
import { DistributedCacheHealthIndicator } from 'nestjs-distributed-cache/terminus';
import { DistributedCachePrometheusModule } from 'nestjs-distributed-cache/prometheus';
import { collectDefaultMetrics } from 'prom-client';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { telemetry } from './telemetry.js';

// Of the process: CPU, memory, event loop, garbage collection.
collectDefaultMetrics();

@Module({
  imports: [
    TerminusModule,
    DistributedCachePrometheusModule.forRoot(),
    // Anybody may do anything with a demonstration that listens on the loopback interface. A real application asks who it is.
    DistributedCacheDashboardModule.forRoot({ path: '/cache', canView: () => true, canEvict: () => true }),
    ...telemetry,
  ],
  controllers: [MetricsController, HealthController],
  providers: [DistributedCacheHealthIndicator],
})
export class ObservabilityModule {}
