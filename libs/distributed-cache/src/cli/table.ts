/** One column of a table: its heading, and whether it holds numbers. @internal */
export interface Column {
  readonly heading: string;
  readonly isNumeric?: boolean | undefined;
}

/** Of so many columns a table always consists: what it is about, and the two most important figures. */
const FEWEST_COLUMNS = 3;
const GAP = 2;

/**
 * A table for a terminal, with a line break at its end. Columns on the right that do not fit are left out, and if that is not enough, the
 * texts of the first one are cut.
 *
 * @param width - how many characters a line may have
 *
 * @internal
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number = Infinity,
): string {
  const lines = [columns.map(({ heading }) => heading), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  while (widths.length > FEWEST_COLUMNS && tooWide(widths, width) > 0) widths.pop();
  const [first = 0, ...others] = widths;
  const fitting = [Math.max(1, first - Math.max(0, tooWide(widths, width))), ...others];
  const written = lines.map((line) =>
    fitting
      .map((most, index) => {
        const cell = shortened(line[index] ?? '', most);
        return columns[index]?.isNumeric ? cell.padStart(most) : cell.padEnd(most);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
  return `${written.join('\n')}\n`;
}

/** By how many characters a table with columns of these widths is wider than it may be. */
function tooWide(widths: readonly number[], width: number): number {
  return widths.reduce((sum, each) => sum + GAP + each, -GAP) - width;
}

/** The text with at most so many characters. @internal */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`;
}

/** A time as people say it. @param duration - ms; not a number: it is not known @internal */
export function time(duration: unknown): string {
  if (typeof duration !== 'number' || Number.isNaN(duration)) return '–';
  if (duration === Infinity) return 'for ever';
  if (duration < 1_000) return `${Math.round(duration)} ms`;
  if (duration < 60_000) return `${(duration / 1_000).toFixed(1)} s`;
  if (duration < 3_600_000) return `${Math.floor(duration / 60_000)} min ${Math.round((duration % 60_000) / 1_000)} s`;
  return `${Math.floor(duration / 3_600_000)} h ${Math.round((duration % 3_600_000) / 60_000)} min`;
}

/** As {@link time}, in few characters, for a table that is written again and again. @internal */
export function shortTime(duration: unknown): string {
  if (typeof duration !== 'number' || duration < 60_000 || !Number.isFinite(duration)) return time(duration);
  const [minutes, seconds] = [Math.floor(duration / 60_000), Math.floor((duration % 60_000) / 1_000)];
  const twoDigits = (count: number): string => String(count).padStart(2, '0');
  return minutes < 60 ? `${minutes}m${twoDigits(seconds)}s` : `${Math.floor(minutes / 60)}h${twoDigits(minutes % 60)}m`;
}

/** @param size - bytes; `undefined`: it is not known @internal */
export function bytes(size: number | undefined): string {
  if (size === undefined) return '–';
  return size < 1 << 20 ? `${(size / 1_024).toFixed(1)} KiB` : `${(size / (1 << 20)).toFixed(1)} MiB`;
}

/** @param share - from 0 to 1; `null`: it is not known @internal */
export function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)} %`;
}
