import type { JSX } from 'preact';

const WIDTH = 120;
const HEIGHT = 24;
const POINTS = 60;

/** The newest value is at the right end. It is decoration: the number beside it says the same. */
export function Sparkline({ values }: { readonly values: readonly number[] }): JSX.Element {
  const most = Math.max(1, ...values);
  const points = values.map((value, index) => {
    const x = ((POINTS - values.length + index) / (POINTS - 1)) * WIDTH;
    const y = HEIGHT - 1 - (value / most) * (HEIGHT - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  );
}
