import { init } from 'echarts/dist/echarts.esm.mjs';

/** @typedef {import('./evidence.mjs').Run} Run */

const SIZE = { width: 760, height: 340 };
const COLORS = ['#1f6feb', '#d29922', '#6e7781', '#2da44e'];
const COMMON = {
  animation: false,
  backgroundColor: '#ffffff',
  color: COLORS,
  textStyle: { fontFamily: 'sans-serif' },
  grid: { left: 24, right: 32, top: 80, bottom: 16, containLabel: true },
};

/** What a hit costs, ours first. @param {Run} run */
export function hitChart({ series: { hits } }) {
  const bars = [
    ['lru-cache, key concatenated', hits.lruConcatenated],
    ['@Cacheable', hits.decorated],
    ['layered-loader', hits.layeredLoader],
    ['async-cache-dedupe', hits.dedupe],
    ['cache-manager wrap', hits.manager],
    ['bentocache', hits.bento],
    ["the L1 of Nest's documentation", hits.nest],
  ].toReversed();
  return svg('One hit, in ns (logarithmic)', {
    grid: { ...COMMON.grid, right: 72 },
    xAxis: { type: 'log', min: 10 },
    yAxis: { type: 'category', data: bars.map(([name]) => name) },
    series: [
      {
        type: 'bar',
        data: bars.map(([name, value]) => ({
          value: Math.round(value),
          itemStyle: { color: name === '@Cacheable' ? COLORS[0] : COLORS[2] },
        })),
        label: { show: true, position: 'right' },
      },
    ],
  });
}

/** Keys a second, by the number of keys in one call. @param {Run} run */
export function throughputChart({ series: { throughput } }) {
  const batches = throughput.batches.map(({ batch }) => `${batch}`);
  return svg('Evicted keys a second until a peer has dropped them (logarithmic), by keys a call', {
    legend: { top: 36, itemGap: 24 },
    xAxis: { type: 'category', data: batches },
    yAxis: { type: 'log', min: 1_000 },
    series: [
      {
        name: 'ours',
        type: 'line',
        data: throughput.batches.map(({ keysPerSecond }) => Math.round(keysPerSecond.median)),
      },
      ...throughput.peers.map(({ name, keysPerSecond }) => ({
        name: `${name}, one by one`,
        type: 'line',
        symbol: 'none',
        lineStyle: { type: 'dashed' },
        data: batches.map(() => Math.round(keysPerSecond.median)),
      })),
    ],
  });
}

/** From `evict` until a peer has dropped the entry, by evictions a second. @param {Run} run */
export function propagationChart({ series: { propagation } }) {
  const lines = [
    {
      name: 'ours, p50',
      of: (/** @type {typeof propagation[0]} */ { ours }) => ours.p50,
      color: COLORS[0],
      type: 'solid',
    },
    {
      name: 'ours, p99',
      of: (/** @type {typeof propagation[0]} */ { ours }) => ours.p99,
      color: COLORS[0],
      type: 'dashed',
    },
    {
      name: 'bare pub/sub, p50',
      of: (/** @type {typeof propagation[0]} */ { theirs }) => theirs.p50,
      color: COLORS[2],
      type: 'solid',
    },
    {
      name: 'bare pub/sub, p99',
      of: (/** @type {typeof propagation[0]} */ { theirs }) => theirs.p99,
      color: COLORS[2],
      type: 'dashed',
    },
  ];
  return svg('Propagation in µs (logarithmic), by evictions a second', {
    legend: { top: 36, itemGap: 24 },
    xAxis: { type: 'category', data: propagation.map(({ load }) => `${load}`) },
    yAxis: { type: 'log', min: 10 },
    series: lines.map(({ name, of, color, type }) => ({
      name,
      type: 'line',
      lineStyle: { type, color },
      itemStyle: { color },
      data: propagation.map((point) => Math.round(of(point))),
    })),
  });
}

/** What Redis sends and computes for one eviction, by instances. @param {Run} run */
export function redisChart({ series: { redisWork } }) {
  return svg('Redis, for one eviction: messages sent, and µs of CPU', {
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
        itemStyle: { color: COLORS[2] },
        data: redisWork.map(({ eviction }) => eviction.messages),
      },
      {
        name: 'CPU',
        type: 'line',
        yAxisIndex: 1,
        itemStyle: { color: COLORS[0] },
        data: redisWork.map(({ eviction }) => Number(eviction.cpuMicroseconds.toFixed(1))),
      },
    ],
  });
}

/**
 * @param {string} text the title
 * @param {import('echarts').EChartsOption} option
 */
function svg(text, option) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  chart.setOption({ ...COMMON, ...option, title: { text, textStyle: { fontSize: 14 } } });
  const drawn = chart.renderToSVGString();
  // It keeps a timer, and with it the process.
  chart.dispose();
  return `${drawn}\n`;
}
