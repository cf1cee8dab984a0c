/** What is shown where nothing is known. */
export const UNKNOWN = '–';

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function count(value: number | null): string {
  if (value === null) return UNKNOWN;
  return value < 10_000 ? WHOLE.format(value) : SHORT.format(value);
}

/** A rate: small ones have a decimal. */
export function rate(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value === 0 || value >= 10) return count(value);
  return value.toFixed(1);
}

export function percent(share: number | null): string {
  if (share === null) return UNKNOWN;
  const text = (share * 100).toFixed(1);
  return `${text.endsWith('.0') ? text.slice(0, -2) : text} %`;
}

/** @param ms - a length of time */
export function time(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms === 0) return '0 ms';
  if (ms < 10) return `${ms < 1 ? ms.toFixed(1) : ms.toPrecision(2)} ms`;
  if (ms < 1_000) return `${ms.toFixed(0)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(0)} s`;
  if (ms < 7_200_000) return `${(ms / 60_000).toFixed(0)} min`;
  return ms < 172_800_000 ? `${(ms / 3_600_000).toFixed(0)} h` : `${(ms / 86_400_000).toFixed(0)} days`;
}

export function bytes(value: number | null): string {
  if (value === null) return UNKNOWN;
  return value < 1_048_576 ? `${(value / 1_024).toFixed(0)} KiB` : `${(value / 1_048_576).toFixed(0)} MiB`;
}

/** @param at - ms since 1970 */
export function clock(at: number): string {
  return CLOCK.format(at);
}

/** "1 key", "3 keys". */
export function many(number: number, one: string, more = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : more}`;
}
