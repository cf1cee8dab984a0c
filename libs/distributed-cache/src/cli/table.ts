/** One column of a table: its heading, and whether it holds numbers. @internal */
export interface Column {
  readonly heading: string;
  readonly isNumeric?: boolean | undefined;
}

/** A table for a terminal, with a line break at its end. @internal */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ heading }) => heading), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const written = lines.map((line) =>
    columns
      .map(({ isNumeric }, index) => {
        const cell = line[index] ?? '';
        return isNumeric ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${written.join('\n')}\n`;
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

/** @param size - bytes; `undefined`: it is not known @internal */
export function bytes(size: number | undefined): string {
  if (size === undefined) return '–';
  return size < 1 << 20 ? `${(size / 1_024).toFixed(1)} KiB` : `${(size / (1 << 20)).toFixed(1)} MiB`;
}

/** @param share - from 0 to 1; `null`: it is not known @internal */
export function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)} %`;
}
