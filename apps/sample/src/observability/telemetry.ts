import type { DynamicModule } from '@nestjs/common';

/** The variables of OpenTelemetry that say where spans and metrics go. Without one of them, nothing of its SDK is loaded. */
const DESTINATIONS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER'];

/** OpenTelemetry has begun once this file is loaded: it must be imported before the web server is. */
export const telemetry: DynamicModule[] = DESTINATIONS.some((name) => process.env[name])
  ? [(await import('./open-telemetry.module.js')).started()]
  : [];
