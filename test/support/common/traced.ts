import { context, trace, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { onTestFinished } from 'vitest';

export type TracingOptions = ConstructorParameters<typeof IORedisInstrumentation>[0];

/** An application that traces its use of ioredis, with the packages of OpenTelemetry. */
export class Traced {
  readonly #exporter = new InMemorySpanExporter();
  readonly #instrumentation: IORedisInstrumentation;

  private constructor(options: TracingOptions) {
    this.#instrumentation = new IORedisInstrumentation(options);
  }

  /** Begins to trace, until the test is over. */
  static begin(ioredis: unknown, options?: TracingOptions): Traced {
    const traced = new Traced(options);
    const manager = new AsyncLocalStorageContextManager().enable();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(traced.#exporter)] });
    context.setGlobalContextManager(manager);
    trace.setGlobalTracerProvider(provider);
    traced.#instrumentation.setTracerProvider(provider);
    // What the loader of Node.js would call; vitest loads ioredis itself.
    const [definition] = traced.#instrumentation.init();
    definition?.patch?.(ioredis);
    onTestFinished(async () => {
      definition?.unpatch?.(ioredis);
      trace.disable();
      context.disable();
      await provider.shutdown();
    });
    return traced;
  }

  /** Runs `work` in a span of this name, as a tracer of requests does. */
  inSpan<T>(name: string, work: (span: Span) => Promise<T>): Promise<T> {
    return trace.getTracer('test').startActiveSpan(name, async (span) => {
      try {
        return await work(span);
      } finally {
        span.end();
      }
    });
  }

  /** The names of the spans that have ended, each once. */
  get names(): readonly string[] {
    return [...new Set(this.#exporter.getFinishedSpans().map(({ name }) => name))].toSorted();
  }

  /** All that the spans show: names, attributes, events. */
  get shown(): string {
    return JSON.stringify(
      this.#exporter
        .getFinishedSpans()
        .map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    );
  }
}
