import {
  Counter,
  Gauge,
  Histogram,
  type CounterConfiguration,
  type GaugeConfiguration,
  type OpenMetricsContentType,
  type Registry,
} from 'prom-client';
import { processWide } from '../common/copies-of-the-library.js';
import type { DistributedCache } from '../cache/distributed-cache.js';
import type { CacheFigures, RegionFigures } from '../cache/figures/cache-figures.js';
import {
  CACHE_METRICS,
  LOAD_DURATION,
  MS_PER_SECOND,
  REGION_METRICS,
  type Metric,
  type Sample,
} from '../cache/figures/metrics.js';
import { RegionLabels } from '../cache/figures/region-labels.js';

const PREFIX = 'distributed_cache_';
const SECONDS = 's';
const OUTCOMES = ['loaded', 'failed'] as const;

type Outcome = (typeof OUTCOMES)[number];

/** Of either text format. */
export type AnyRegistry = Registry | Registry<OpenMetricsContentType>;

/** One cache that is shown. */
interface Shown {
  readonly cache: DistributedCache;
  readonly labels: RegionLabels;
}

/** The figures of one cache in one scrape. */
interface Scraped {
  readonly figures: CacheFigures;
  readonly regions: ReadonlyMap<string, RegionFigures>;
}

/** The metrics of all caches in one registry: a metric is registered once, and each cache has labels of its own in it. @internal */
export class RegisteredMetrics {
  readonly #caches = new Map<string, Shown>();
  readonly #durations: Histogram;
  /** Read once for all metrics of a scrape, which asks for them one after the other in one turn. */
  #scraped: ReadonlyMap<string, Scraped> | undefined;

  constructor(registry: AnyRegistry) {
    const ofCache = { labelNames: ['cache'], registry };
    for (const metric of CACHE_METRICS)
      this.#register(metric, ofCache, (scraped, add) => add({}, metric.samples(scraped.figures)));
    const ofRegion = { labelNames: ['cache', 'region'], registry };
    for (const metric of REGION_METRICS)
      this.#register(metric, ofRegion, ({ regions }, add) => {
        for (const [region, figures] of regions) add({ region }, metric.samples(figures));
      });
    this.#durations = new Histogram({
      name: `${PREFIX}${LOAD_DURATION.name}_seconds`,
      help: LOAD_DURATION.help,
      labelNames: ['cache', 'region', LOAD_DURATION.label],
      buckets: [...LOAD_DURATION.buckets],
      registers: [registry],
    });
  }

  /** Shows a cache. @returns a function that takes it off */
  add(cache: DistributedCache, wanted: string): () => void {
    let name = wanted;
    for (let number = 2; this.#caches.has(name); number += 1) name = `${wanted}-${number}`;
    const shown: Shown = { cache, labels: new RegionLabels() };
    this.#caches.set(name, shown);
    const timed = new Set<string>();
    const observe = (outcome: Outcome, region: string, duration: number): void => {
      const label = shown.labels.labelOf(region);
      timed.add(label);
      this.#durations.observe({ cache: name, region: label, outcome }, duration / MS_PER_SECOND);
    };
    const listening = [
      cache.on('load', ({ region, duration }) => observe('loaded', region, duration)),
      cache.on('loadError', ({ region, duration }) => observe('failed', region, duration)),
    ];
    return () => {
      for (const stop of listening) stop();
      if (this.#caches.get(name) !== shown) return;
      this.#caches.delete(name);
      // Whoever takes the name next begins with zeros, in the durations as in the counts.
      for (const region of timed)
        for (const outcome of OUTCOMES) this.#durations.remove({ cache: name, region, outcome });
    };
  }

  #register(
    metric: Metric,
    { labelNames, registry }: { readonly labelNames: readonly string[]; readonly registry: AnyRegistry },
    samplesOf: (scraped: Scraped, add: (labels: object, samples: readonly Sample[]) => void) => void,
  ): void {
    const configuration = {
      name: nameOf(metric),
      help: metric.help,
      labelNames: [...labelNames, ...(metric.label === undefined ? [] : [metric.label])],
      registers: [],
    };
    const read: Read = (set) => {
      for (const [cache, ofCache] of this.#scrape())
        samplesOf(ofCache, (labels, samples) => {
          for (const { label, value } of samples)
            set({ cache, ...labels, ...(metric.label !== undefined && { [metric.label]: label ?? '' }) }, value);
        });
    };
    // In a cluster of processes, times do not add up: the longest is what matters.
    registry.registerMetric(
      metric.kind === 'gauge'
        ? gauge({ ...configuration, aggregator: metric.unit === SECONDS ? 'max' : 'sum' }, read)
        : counter(configuration, read),
    );
  }

  #scrape(): ReadonlyMap<string, Scraped> {
    if (this.#scraped) return this.#scraped;
    queueMicrotask(() => (this.#scraped = undefined));
    return (this.#scraped = new Map(
      [...this.#caches].map(([name, { cache, labels }]) => {
        const figures = cache.figures();
        return [name, { figures, regions: labels.of(figures) }];
      }),
    ));
  }
}

/** Tells the values that a metric has now. */
type Read = (set: (labels: Record<string, string>, value: number) => void) => void;

function gauge(configuration: GaugeConfiguration<string>, read: Read): Gauge {
  return new Gauge({
    ...configuration,
    collect() {
      this.reset();
      read((labels, value) => this.set(labels, value));
    },
  });
}

/** prom-client has no counter that is set: it starts again and is raised at once to what was counted. */
function counter(configuration: CounterConfiguration<string>, read: Read): Counter {
  return new Counter({
    ...configuration,
    collect() {
      this.reset();
      read((labels, value) => this.inc(labels, value));
    },
  });
}

/** By the naming rules of Prometheus. */
function nameOf({ name, kind, unit }: Metric): string {
  return `${PREFIX}${name}${unit === SECONDS ? '_seconds' : ''}${kind === 'counter' ? '_total' : ''}`;
}

/** A registry belongs to whoever has made it, and two applications may share the default one: the metrics belong to the registry. */
const METRICS = processWide('prometheus', () => new WeakMap<AnyRegistry, RegisteredMetrics>());

/** @internal */
export function metricsOf(registry: AnyRegistry): RegisteredMetrics {
  const known = METRICS.get(registry);
  // After `registry.clear()`, as between two tests, nothing of them is registered any more.
  if (known && registry.getSingleMetric(`${PREFIX}hits_total`)) return known;
  const metrics = new RegisteredMetrics(registry);
  METRICS.set(registry, metrics);
  return metrics;
}
