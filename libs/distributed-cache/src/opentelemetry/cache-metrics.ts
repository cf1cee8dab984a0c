import {
  ValueType,
  type Attributes,
  type BatchObservableCallback,
  type Meter,
  type Observable,
} from '@opentelemetry/api';
import type { DistributedCache } from '../cache/distributed-cache.js';
import {
  CACHE_METRICS,
  LOAD_DURATION,
  MS_PER_SECOND,
  REGION_METRICS,
  type Metric,
  type Sample,
} from '../cache/figures/metrics.js';
import { RegionLabels } from '../cache/figures/region-labels.js';
import { processWide } from '../common/copies-of-the-library.js';
import { ERROR_TYPE, errorTypeOf, NAMESPACE, REGION } from './attributes.js';

const PREFIX = 'distributed_cache.';

/** Which caches a meter shows, by the name that it shows them under. */
const SHOWN = processWide('opentelemetry', () => new WeakMap<Meter, Map<string, DistributedCache>>());

/** Shows what a cache does by instruments of `meter`. @returns a function that ends it @internal */
export function observeCache(cache: DistributedCache, meter: Meter): () => void {
  const { name, release } = nameIn(meter, cache);
  const ofCache = { [NAMESPACE]: name };
  const labels = new RegionLabels();
  const cacheMetrics = CACHE_METRICS.map((metric) => ({ metric, instrument: instrumentOf(metric, meter) }));
  const regionMetrics = REGION_METRICS.map((metric) => ({ metric, instrument: instrumentOf(metric, meter) }));

  const read: BatchObservableCallback = (result) => {
    const observe = (metric: Metric, instrument: Observable, samples: readonly Sample[], of: Attributes): void => {
      for (const { label, value } of samples)
        result.observe(instrument, value, {
          ...of,
          ...(metric.label !== undefined && { [`${PREFIX}${metric.label}`]: label }),
        });
    };
    const figures = cache.figures();
    for (const { metric, instrument } of cacheMetrics) observe(metric, instrument, metric.samples(figures), ofCache);
    for (const [region, ofRegion] of labels.of(figures))
      for (const { metric, instrument } of regionMetrics)
        observe(metric, instrument, metric.samples(ofRegion), { ...ofCache, [REGION]: region });
  };
  const instruments = [...cacheMetrics, ...regionMetrics].map(({ instrument }) => instrument);
  meter.addBatchObservableCallback(read, instruments);

  const durations = meter.createHistogram(`${PREFIX}load.duration`, {
    description: LOAD_DURATION.help,
    unit: LOAD_DURATION.unit,
    advice: { explicitBucketBoundaries: [...LOAD_DURATION.buckets] },
  });
  const ofLoad = (region: string): Attributes => ({ ...ofCache, [REGION]: labels.labelOf(region) });
  const stopLoads = cache.on('load', ({ region, duration }) =>
    durations.record(duration / MS_PER_SECOND, ofLoad(region)),
  );
  const stopErrors = cache.on('loadError', ({ region, duration, error }) =>
    durations.record(duration / MS_PER_SECOND, { ...ofLoad(region), [ERROR_TYPE]: errorTypeOf(error) }),
  );
  return () => {
    meter.removeBatchObservableCallback(read, instruments);
    stopLoads();
    stopErrors();
    release();
  };
}

/**
 * The namespace, with a number behind it when the meter already shows another cache of that namespace, of a second application in the
 * process: an instrument holds one value for the same attributes, so one of the two would be lost.
 */
function nameIn(meter: Meter, cache: DistributedCache): { readonly name: string; release(this: void): void } {
  const shown = SHOWN.get(meter) ?? new Map<string, DistributedCache>();
  SHOWN.set(meter, shown);
  const { namespace } = cache.status();
  let name = namespace;
  for (let number = 2; (shown.get(name) ?? cache) !== cache; number += 1) name = `${namespace}-${number}`;
  shown.set(name, cache);
  return { name, release: () => void shown.delete(name) };
}

function instrumentOf({ name, kind, unit, help }: Metric, meter: Meter): Observable {
  const isWhole = kind === 'counter';
  const options = {
    description: help,
    unit: unit === 's' || unit === '1' ? unit : `{${unit}}`,
    valueType: isWhole ? ValueType.INT : ValueType.DOUBLE,
  };
  return kind === 'counter'
    ? meter.createObservableCounter(`${PREFIX}${name}`, options)
    : meter.createObservableGauge(`${PREFIX}${name}`, options);
}
