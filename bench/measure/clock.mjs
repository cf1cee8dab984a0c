/** Microseconds of the machine's monotonic clock, which all its processes share. */
export function monotonicMicroseconds() {
  return Number(process.hrtime.bigint() / 10n) / 100;
}
