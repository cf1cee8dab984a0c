/** The machine's monotonic clock, which its processes have in common. */
export function monotonicMicroseconds() {
  return Number(process.hrtime.bigint() / 10n) / 100;
}
