/** How times are distributed. In ms; `null`: there were none. @publicApi */
export interface TimeSummary {
  /** Half of them were no longer. */
  readonly p50: number | null;
  /** 99 of 100 were no longer. */
  readonly p99: number | null;
  readonly max: number | null;
}

/** How long a slice of the minute is, in ms. */
const SLICE = 10_000;
const SLICES = 6;
/** The least time that is told from a shorter one, in ms. */
const LEAST = 0.01;
/** So many buckets for each doubling: a percentile is at most 9 % too high. */
const PER_DOUBLING = 8;
/** Enough for an hour. */
const BUCKETS = 232;

interface Slice {
  /** Which one it is, counted from the start of the clock. */
  number: number;
  max: number;
  readonly counts: Uint32Array;
}

/**
 * How long something took in the last minute. It holds counts in buckets of growing width, so its memory does not depend on how often it
 * happens.
 *
 * @internal
 */
export class RecentTimes {
  readonly #slices: (Slice | undefined)[] = [];

  /** @param time - ms @param now - monotonic ms */
  add(time: number, now: number): void {
    const slice = this.#sliceOf(now);
    slice.max = Math.max(slice.max, time);
    const bucket = bucketOf(time);
    slice.counts[bucket] = (slice.counts[bucket] ?? 0) + 1;
  }

  /** Of the last 50 to 60 seconds. @param now - monotonic ms */
  summary(now: number): TimeSummary {
    const oldest = Math.floor(now / SLICE) - SLICES + 1;
    const recent = this.#slices.filter((slice) => slice !== undefined && slice.number >= oldest);
    const counts = new Uint32Array(BUCKETS);
    let count = 0;
    let max = 0;
    for (const slice of recent) {
      if (!slice) continue;
      max = Math.max(max, slice.max);
      slice.counts.forEach((of, bucket) => {
        counts[bucket] = (counts[bucket] ?? 0) + of;
        count += of;
      });
    }
    if (count === 0) return { p50: null, p99: null, max: null };
    const percentile = (share: number): number => Math.min(max, upperEdgeOf(bucketAt(counts, count * share)));
    return { p50: percentile(0.5), p99: percentile(0.99), max };
  }

  #sliceOf(now: number): Slice {
    const number = Math.floor(now / SLICE);
    const place = number % SLICES;
    const slice = (this.#slices[place] ??= { number, max: 0, counts: new Uint32Array(BUCKETS) });
    if (slice.number !== number) {
      slice.number = number;
      slice.max = 0;
      slice.counts.fill(0);
    }
    return slice;
  }
}

function bucketOf(time: number): number {
  if (time <= LEAST) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(time / LEAST) * PER_DOUBLING));
}

function upperEdgeOf(bucket: number): number {
  return LEAST * 2 ** (bucket / PER_DOUBLING);
}

/** The bucket in which the time of this rank is. */
function bucketAt(counts: Uint32Array, rank: number): number {
  let upToHere = 0;
  return counts.findIndex((count) => {
    upToHere += count;
    return upToHere >= rank;
  });
}
