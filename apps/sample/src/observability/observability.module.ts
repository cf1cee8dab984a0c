import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DistributedCacheHealthIndicator } from 'nestjs-distributed-cache/terminus';
import { DistributedCachePrometheusModule } from 'nestjs-distributed-cache/prometheus';
import { collectDefaultMetrics } from 'prom-client';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { telemetry } from './telemetry.js';

// Of the process: CPU, memory, event loop, garbage collection.
collectDefaultMetrics();

@Module({
  imports: [TerminusModule, DistributedCachePrometheusModule.forRoot(), ...telemetry],
  controllers: [MetricsController, HealthController],
  providers: [DistributedCacheHealthIndicator],
})
export class ObservabilityModule {}
