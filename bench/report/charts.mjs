import { init } from 'echarts/dist/echarts.esm.mjs';
import { sum } from '../../tools/statistics.mjs';
import { LOADS } from '../targets.mjs';

/** @typedef {import('./evidence.mjs').Run} Run */
/** @typedef {import('echarts/dist/echarts.esm.mjs').ChartOption} ChartOption */

const SIZE = { width: 760, height: 340 };
const OURS = '#1f6feb';
const OTHERS = '#6e7781';
const YELLOW = '#d29922';
const COMMON = {
  animation: false,
  backgroundColor: '#ffffff',
  color: [OURS, YELLOW, OTHERS],
  textStyle: { fontFamily: 'sans-serif' },
  grid: { left: 24, right: 32, top: 80, bottom: 16, containLabel: true },
};

/** The cost of a hit, ours and that of the other libraries. @param {Run} run */
export function hitChart({ rows }) {
  const bars = [
    { name: 'lru-cache, key concatenated', nanoseconds: rowOf(rows, 'hit/lru-cache').theirs, color: OTHERS },
    { name: '@Cacheable', nanoseconds: rowOf(rows, 'hit/lru-cache').ours, color: OURS },
    { name: 'layered-loader', nanoseconds: rowOf(rows, 'hit/layered-loader').theirs, color: OTHERS },
    { name: 'async-cache-dedupe', nanoseconds: rowOf(rows, 'hit/async-cache-dedupe').theirs, color: OTHERS },
    { name: 'cache-manager wrap', nanoseconds: rowOf(rows, 'hit/cache-manager').theirs, color: OTHERS },
    { name: 'bentocache', nanoseconds: rowOf(rows, 'hit/bentocache').theirs, color: OTHERS },
    { name: "the L1 of Nest's documentation", nanoseconds: rowOf(rows, 'hit/nest').theirs, color: OTHERS },
  ].toReversed();
  return svg('One hit, in ns (logarithmic); lower is better', {
    grid: { ...COMMON.grid, left: 48, right: 72 },
    xAxis: { type: 'log', min: 10 },
    yAxis: { type: 'category', data: bars.map(({ name }) => name) },
    series: [
      {
        type: 'bar',
        data: bars.map(({ nanoseconds, color }) => ({ value: Math.round(nanoseconds), itemStyle: { color } })),
        label: { show: true, position: 'right' },
      },
    ],
  });
}

/** Keys a second, by the number of keys in one call. @param {Run} run */
export function throughputChart({ rows, series: { throughput } }) {
  /** @type {Record<number, number>} */
  const ofRows = { 1: rowOf(rows, 'throughput/one-by-one').ours, 1_000: rowOf(rows, 'throughput/layered-loader').ours };
  const batches = throughput.batches.map(({ batch }) => `${batch}`);
  const peer = (/** @type {string} */ name, /** @type {string} */ id, /** @type {string} */ color) =>
    /** @type {const} */ ({
      name: `${name}, one by one`,
      type: 'line',
      symbol: 'none',
      lineStyle: { type: 'dashed', color },
      itemStyle: { color },
      data: batches.map(() => Math.round(rowOf(rows, id).theirs)),
    });
  return svg('Evicted keys a second (logarithmic), by keys a call; higher is better', {
    legend: { top: 36, itemGap: 24 },
    xAxis: { type: 'category', data: batches },
    yAxis: { type: 'log', min: 1_000 },
    series: [
      {
        name: 'ours',
        type: 'line',
        data: throughput.batches.map(({ batch, keysPerSecond }) => Math.round(ofRows[batch] ?? keysPerSecond.median)),
      },
      peer('bentocache', 'throughput/bentocache', YELLOW),
      peer('layered-loader', 'throughput/one-by-one', OTHERS),
    ],
  });
}

/** From `evict` until a peer has dropped the entry, by evictions a second. @param {Run} run */
export function propagationChart({ rows }) {
  const lines = /** @type {const} */ ([
    { name: 'ours, p50', whose: 'ours', percentile: 'p50', color: OURS, type: 'solid' },
    { name: 'ours, p99', whose: 'ours', percentile: 'p99', color: OURS, type: 'dashed' },
    { name: 'bare pub/sub, p50', whose: 'theirs', percentile: 'p50', color: OTHERS, type: 'solid' },
    { name: 'bare pub/sub, p99', whose: 'theirs', percentile: 'p99', color: OTHERS, type: 'dashed' },
  ]);
  return svg('Propagation in µs (logarithmic), by evictions a second; lower is better', {
    legend: { top: 36, itemGap: 24 },
    xAxis: { type: 'category', data: LOADS.map((load) => `${load}`) },
    yAxis: { type: 'log', min: 10 },
    series: lines.map(({ name, whose, percentile, color, type }) => ({
      name,
      type: 'line',
      lineStyle: { type, color },
      itemStyle: { color },
      data: LOADS.map((load) => Math.round(rowOf(rows, `propagation/${percentile}/${load}`)[whose] / 1_000)),
    })),
  });
}

/** The messages that Redis sends and the time that it computes for one eviction, by instances. @param {Run} run */
export function redisChart({ series: { redisWork } }) {
  return svg('Redis, for one eviction: messages sent, and µs of CPU; lower is better', {
    legend: { top: 36, itemGap: 24 },
    xAxis: {
      type: 'category',
      name: 'instances',
      nameLocation: 'middle',
      nameGap: 24,
      data: redisWork.map(({ instances }) => `${instances}`),
    },
    yAxis: [
      { type: 'value', name: 'messages' },
      { type: 'value', name: 'µs', splitLine: { show: false } },
    ],
    series: [
      {
        name: 'messages',
        type: 'bar',
        itemStyle: { color: OTHERS },
        data: redisWork.map(({ eviction }) => eviction.messages),
      },
      {
        name: 'CPU',
        type: 'line',
        yAxisIndex: 1,
        itemStyle: { color: OURS },
        data: redisWork.map(({ eviction }) => Number(eviction.cpuMicroseconds.toFixed(1))),
      },
    ],
  });
}

/** The mean hit ratio over all traces, by the share of the keys that the cache has room for. @param {Run} run */
export function hitRatioChart({ series: { hitRatio } }) {
  const shares = hitRatio[0]?.points.map(({ share }) => share) ?? [];
  const lines = /** @type {const} */ ([
    { name: 'the optimum, which knows the future', which: 'optimum', color: OTHERS, type: 'dashed' },
    { name: 'ours', which: 'ours', color: OURS, type: 'solid' },
    { name: 'LRU', which: 'lru', color: OTHERS, type: 'solid' },
  ]);
  return svg('Mean hit ratio over all traces, in %, by capacity; higher is better', {
    legend: { top: 36, itemGap: 24 },
    grid: { ...COMMON.grid, bottom: 32 },
    xAxis: {
      type: 'category',
      name: 'capacity, as a share of the keys',
      nameLocation: 'middle',
      nameGap: 28,
      data: shares.map((share) => `${share * 100} %`),
    },
    yAxis: { type: 'value', min: 0 },
    series: lines.map(({ name, which, color, type }) => ({
      name,
      type: 'line',
      lineStyle: { type, color },
      itemStyle: { color },
      data: shares.map((_, index) => {
        const ratios = hitRatio.map(({ points }) => points[index]?.[which] ?? NaN);
        return Number((sum(ratios) / ratios.length).toFixed(1));
      }),
    })),
  });
}

/**
 * The figures that the table shows in this row.
 *
 * @param {Run['rows']} rows
 * @param {string} id
 * @throws {Error} when the evidence has no such row
 */
function rowOf(rows, id) {
  const { ours, theirs = NaN } = rows[id] ?? {};
  if (ours === undefined) throw new Error(`docs/evidence/speed.json has no row '${id}'.`);
  return { ours, theirs };
}

/**
 * Draws a chart.
 *
 * @param {string} text the title
 * @param {ChartOption} option
 */
function svg(text, option) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  chart.setOption({ ...COMMON, ...option, title: { text, textStyle: { fontSize: 14 } } });
  const drawn = chart.renderToSVGString();
  // A chart keeps a timer, which would keep the process alive.
  chart.dispose();
  return `${drawn}\n`;
}
