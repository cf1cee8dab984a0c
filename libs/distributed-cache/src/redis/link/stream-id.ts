const LARGEST_HALF = '18446744073709551615';
/** An id of halves that are too short to be greater than {@link LARGEST_HALF}. */
const SHORT_ID = /^(?:0|[1-9]\d{0,18})-(?:0|[1-9]\d{0,18})$/;

/** Whether `text` is an id that a stream can hold. Redis answers a greater one with an error, so it must never become a position. @internal */
export function isStreamId(text: string): boolean {
  // Every doorbell asks twice, and taking the id apart makes a list.
  if (SHORT_ID.test(text)) return true;
  const [, milliseconds, sequence] = /^(0|[1-9]\d{0,19})-(0|[1-9]\d{0,19})$/.exec(text) ?? [];
  if (milliseconds === undefined || sequence === undefined) return false;
  return !isGreater(milliseconds, LARGEST_HALF) && !isGreater(sequence, LARGEST_HALF);
}

/** Whether stream id `id` comes after `other`. An id is `<milliseconds>-<sequence>`, two numbers of 64 bits without leading zeros. @internal */
export function isAfter(id: string, other: string): boolean {
  const [milliseconds = '', sequence = ''] = id.split('-');
  const [otherMilliseconds = '', otherSequence = ''] = other.split('-');
  return milliseconds === otherMilliseconds
    ? isGreater(sequence, otherSequence)
    : isGreater(milliseconds, otherMilliseconds);
}

/** The millisecond part of a stream id: the time at which the server wrote the entry, by its own clock. @internal */
export function serverMilliseconds(id: string): number {
  return Number(id.slice(0, id.indexOf('-')));
}

function isGreater(digits: string, other: string): boolean {
  return digits.length === other.length ? digits > other : digits.length > other.length;
}
