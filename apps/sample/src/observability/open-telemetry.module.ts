import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { DistributedCacheOpenTelemetryModule } from 'nestjs-distributed-cache/opentelemetry';

// Without an endpoint, the SDK would send what has no exporter to one on this machine, and wait for it at the end.
if (!process.env['OTEL_EXPORTER_OTLP_ENDPOINT'])
  for (const signal of ['TRACES', 'METRICS', 'LOGS']) process.env[`OTEL_${signal}_EXPORTER`] ??= 'none';

/** A span for each request, with those of the cache in it. Where they go is said by the environment (`OTEL_…`). */
const sdk = new NodeSDK({ instrumentations: [new HttpInstrumentation()] });

@Module({ imports: [DistributedCacheOpenTelemetryModule.forRoot()] })
class OpenTelemetryModule implements OnApplicationShutdown {
  /** What has not been sent yet is sent. */
  async onApplicationShutdown(): Promise<void> {
    await sdk.shutdown();
  }
}

export function started(): DynamicModule {
  sdk.start();
  return { module: OpenTelemetryModule };
}
