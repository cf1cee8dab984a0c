import { channel, tracingChannel } from 'node:diagnostics_channel';
import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import type { DistributedCache } from '../cache/distributed-cache.js';
import type { EvictTrace, LoadManyTrace, LoadTrace } from '../cache/tracing.js';
import { unsafeCast } from '../common/unsafe-cast.js';
import { surround, type CacheTrace } from '../common/tracing-channels.js';
import type { InvalidationTrace } from '../coherence/follow/tracing.js';
import { ERROR_TYPE, errorTypeOf, NAMESPACE, REGION } from './attributes.js';

/** An `instanceId` is shorter; what a third party gives may have any length. */
const MOST_OF_NAME = 256;

/** Which spans are made of the events on one channel. */
interface SpanOf<C extends CacheTrace> {
  readonly channel: string;
  readonly kind: SpanKind;
  name(this: void, trace: C): string;
  /** Known at the start. */
  attributes(this: void, trace: C): Attributes;
  /** Known at the end. */
  outcome?(this: void, trace: C): Attributes;
  started?(this: void, trace: C, span: Span): void;
}

const LOADS: SpanOf<LoadTrace> = {
  channel: 'load',
  kind: SpanKind.INTERNAL,
  name: () => 'cache load',
  attributes: ({ region }) => ({ [REGION]: region }),
};

const BULK_LOADS: SpanOf<LoadManyTrace> = {
  channel: 'load-many',
  kind: SpanKind.INTERNAL,
  name: () => 'cache load many',
  attributes: ({ region, ids }) => ({ [REGION]: region, 'distributed_cache.ids': ids }),
};

const EVICTIONS: SpanOf<EvictTrace> = {
  channel: 'evict',
  kind: SpanKind.PRODUCER,
  name: () => 'cache evict',
  attributes: ({ regions, keys, tags, everything, everywhere }) => ({
    'distributed_cache.regions': [...regions],
    'distributed_cache.keys': keys,
    'distributed_cache.tags': tags,
    'distributed_cache.everything': everything,
    'distributed_cache.everywhere': everywhere,
  }),
  outcome: ({ delivered, instances }) => ({
    ...(delivered !== undefined && { 'distributed_cache.delivered': delivered }),
    ...(instances !== undefined && { 'distributed_cache.instances': instances }),
  }),
  started: (evict, span) => {
    evict.traceparent = traceparentOf(span.spanContext());
  },
};

/** Makes spans of what a cache does. @returns a function that ends it @internal */
export function traceCache(cache: DistributedCache, tracer: Tracer): () => void {
  const stop = [
    spansOf(LOADS, cache, tracer),
    spansOf(BULK_LOADS, cache, tracer),
    spansOf(EVICTIONS, cache, tracer),
    linkedSpans(cache, tracer),
  ];
  return () => {
    for (const each of stop) each();
  };
}

function spansOf<C extends CacheTrace>(
  { channel: name, kind, name: nameOf, attributes, outcome, started }: SpanOf<C>,
  cache: DistributedCache,
  tracer: Tracer,
): () => void {
  const { namespace, instanceId } = cache.status();
  const spans = new WeakMap<object, Span>();
  let open = 0;
  let isStopped = false;
  const tracing = tracingChannel<unknown, C>(`nestjs-distributed-cache:${name}`);
  const onStart = (message: unknown): void => {
    const event: C = unsafeCast(message);
    if (event.instanceId !== instanceId) return;
    const span = tracer.startSpan(nameOf(event), {
      kind,
      attributes: { [NAMESPACE]: namespace, ...attributes(event) },
    });
    spans.set(event, span);
    open += 1;
    started?.(event, span);
    const inside = trace.setSpan(context.active(), span);
    surround(event, (run) => context.with(inside, run));
  };
  const ended = (event: C): void => {
    const span = spans.get(event);
    if (!span) return;
    if (outcome) span.setAttributes(outcome(event));
    // An error is told by its class: its message may hold anything, a value as well.
    if ('error' in event)
      span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute(ERROR_TYPE, errorTypeOf(event.error));
    span.end();
    open -= 1;
    stopListening();
  };
  const onEnd = (message: unknown): void => ended(unsafeCast(message));
  // What runs when the instrumentation stops, as an application does that is closed, has a span that is to end.
  const stopListening = (): void => {
    if (isStopped && open === 0) tracing.asyncEnd.unsubscribe(onEnd);
  };
  tracing.start.subscribe(onStart);
  tracing.asyncEnd.subscribe(onEnd);
  return () => {
    tracing.start.unsubscribe(onStart);
    isStopped = true;
    stopListening();
  };
}

/** A span for each invalidation that came with a trace context: a trace of its own, since it serves no request, with a link to the eviction. */
function linkedSpans(cache: DistributedCache, tracer: Tracer): () => void {
  const { namespace, instanceId } = cache.status();
  const invalidations = channel('nestjs-distributed-cache:invalidation');
  const received = (message: unknown): void => {
    const { instanceId: receiver, from, traceparent } = unsafeCast<InvalidationTrace>(message);
    const evicted = receiver === instanceId ? spanContextOf(traceparent) : undefined;
    if (!evicted) return;
    const options = {
      kind: SpanKind.CONSUMER,
      links: [{ context: evicted }],
      attributes: { [NAMESPACE]: namespace, 'distributed_cache.from': from.slice(0, MOST_OF_NAME) },
    };
    tracer.startSpan('cache invalidation', options, ROOT_CONTEXT).end();
  };
  invalidations.subscribe(received);
  return () => invalidations.unsubscribe(received);
}

/** As the header of W3C Trace Context; `undefined`: nobody traces. */
function traceparentOf(span: SpanContext): string | undefined {
  if (!isSpanContextValid(span)) return undefined;
  const flags = (span.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0');
  return `00-${span.traceId}-${span.spanId}-${flags}`;
}

function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = traceparent?.split('-') ?? [];
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(span) ? span : undefined;
}
