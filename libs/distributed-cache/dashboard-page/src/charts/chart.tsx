import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';

/** In CSS pixels. */
const HEIGHT = 110;
/** How long a chart is before it is known how much room it has. */
const WIDTH = 300;

/** From one mark of the time axis to the next, in s. */
const MINUTES = [60, 120, 300];

/** One line of a chart. */
export interface Line {
  readonly label: string;
  readonly tone: 'first' | 'second' | 'good';
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  /** In s. */
  readonly times: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Line[];
  readonly show: (value: number | null) => string;
  /** Where the scale ends. Default: at the largest value. */
  readonly most?: number;
}

/** A chart with its newest value as text, or the one under the pointer. */
export function Chart({ title, times, from, to, lines, show, most }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const range = useRef({ from, to });
  range.current = { from, to };
  const [pointed, point] = useState<number | null>(null);
  const isDark = useIsDark();
  const data: uPlot.AlignedData = [[...times], ...lines.map(({ values }) => [...values])];

  useEffect(() => {
    if (!place.current) return undefined;
    const element = place.current;
    const made = new uPlot(optionsOf(element, lines, show, most, range, point), data, element);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
    // The colours of a canvas do not follow the theme by themselves.
  }, [isDark]);

  useEffect(() => plot.current?.setData(data), [times]);

  const index = pointed ?? times.length - 1;
  const words = lines.map(({ label, values }) => {
    const value = show(values[index] ?? null);
    return lines.length === 1 ? value : `${label} ${value}`;
  });
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        <b>
          {lines.map(({ label, tone }, each) => (
            <span key={label} class={`tone ${tone}`}>
              {words[each]}
            </span>
          ))}
        </b>
      </figcaption>
      <div ref={place} class="plot" role="img" aria-label={`${title}, now ${words.join(', ')}`} />
    </figure>
  );
}

function optionsOf(
  element: HTMLElement,
  lines: readonly Line[],
  show: (value: number | null) => string,
  most: number | undefined,
  range: { readonly current: { readonly from: number; readonly to: number } },
  point: (index: number | null) => void,
): uPlot.Options {
  const colour = (name: string): string => getComputedStyle(element).getPropertyValue(`--${name}`).trim();
  const axis: uPlot.Axis = {
    stroke: colour('faint'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width: element.clientWidth || WIDTH,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false } },
    scales: {
      x: { time: true, range: () => [range.current.from, range.current.to] },
      y: { range: (_, __, max) => [0, most ?? Math.max(1, max * 1.1)] },
    },
    axes: [
      { ...axis, size: 22, space: 60, incrs: MINUTES, values: (_, splits) => splits.map(minuteOf) },
      { ...axis, size: 52, space: 34, values: (_, splits) => splits.map(show) },
    ],
    series: [
      {},
      ...lines.map(({ label, tone }) => ({
        label,
        stroke: colour(tone),
        width: 1.5,
        ...(lines.length === 1 && { fill: colour(`${tone}-soft`) }),
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? null)] },
  };
}

const MINUTE = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

function minuteOf(seconds: number): string {
  return MINUTE.format(seconds * 1_000);
}

function useIsDark(): boolean {
  const [isDark, set] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const changed = (): void => set(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return isDark;
}
