import { EVERYTHING, invalidationOf, type Invalidation, type InvalidationTarget } from './invalidation.js';
import { readPlainKeys } from './plain-keys.js';

/** The version of the messages that this library writes. A message of a newer version means "everything". @publicApi */
export const MESSAGE_VERSION = 1;

/** A longer payload is not decoded and means "everything". In UTF-16 units; the library's own messages are far shorter. */
const MAX_PAYLOAD_LENGTH = 1 << 20;

/** The header of W3C Trace Context, of any version. Anything else is ignored. */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** Whether it is a header `traceparent`. @internal */
export function isTraceparent(text: unknown): text is string {
  return typeof text === 'string' && TRACEPARENT.test(text);
}

/** Every instance repeats a token, so a longer one is ignored. The library's own are shorter. */
const MAX_TOKEN_LENGTH = 64;

/**
 * One message, as it stands in the log and travels through the channel: JSON with short keys. `v` is the version, `f` the sender, `e` marks
 * everything, `r` lists regions, `t` tags, `k` keys as `[region, key, …]`. `n` marks a no-op, with a random text. `a` is a token: every
 * instance acknowledges the message with it once it has applied the message. `m` says that more parts of the same eviction follow. `u` is
 * the id of an entry of the log that the channel did not carry. `c` is the trace context of the eviction. Unknown keys are ignored.
 *
 * @publicApi
 */
export interface InvalidationMessage {
  /** The `instanceId` of the sender; `''`: a third party. */
  readonly from: string;
  readonly invalidation: Invalidation;
  /** With what to acknowledge the message; `undefined`: the sender does not wait for that. */
  readonly token: string | undefined;
  /** The sender has more to say at the same moment: its next messages, up to the first without this, take effect together with this one. */
  readonly hasMore?: true | undefined;
  /**
   * The id of the log entry before this one: the channel carried neither, because their publisher may not publish there. Only in the log.
   */
  readonly unannounced?: string | undefined;
  /** The trace context of the eviction, as the header `traceparent` of W3C Trace Context holds it. */
  readonly traceparent?: string | undefined;
}

/** A message, or the reason why a payload is none. @publicApi */
export type DecodedMessage =
  { readonly ok: true; readonly message: InvalidationMessage } | { readonly ok: false; readonly reason: string };

/**
 * Writes a message.
 *
 * @param from - the `instanceId` of the sender
 * @param token - asks every instance to acknowledge the message with it. Default: nobody is asked.
 * @param hasMore - whether the next message of the sender is to take effect together with this one. Default: `false`.
 * @param traceparent - the trace context of the eviction. Default: the message carries none.
 *
 * @publicApi
 */
export function encodeInvalidation(
  from: string,
  targets: Iterable<InvalidationTarget>,
  token?: string,
  hasMore = false,
  traceparent?: string,
): string {
  const { everything, regions, tags, keys } = invalidationOf(targets);
  return JSON.stringify({
    v: MESSAGE_VERSION,
    f: from,
    ...(everything && { e: 1 }),
    ...(regions.size > 0 && { r: [...regions] }),
    ...(tags.size > 0 && { t: [...tags] }),
    ...(keys.size > 0 && { k: [...keys].map(([region, its]) => [region, ...its]) }),
    ...(token !== undefined && { a: token }),
    ...(hasMore && { m: 1 }),
    ...(traceparent !== undefined && { c: traceparent }),
  });
}

/** How each message begins that this library has written. */
const BEGINNING = beginningOfMessages('').slice(0, -2);

/** How each message begins that this library has written for the instance `from`. @internal */
export function beginningOfMessages(from: string): string {
  return `${JSON.stringify({ v: MESSAGE_VERSION, f: from }).slice(0, -1)},`;
}

/** Writes a message that invalidates nothing, so that an empty log has an entry. @internal */
export function encodeNoOp(from: string, random: string): string {
  return JSON.stringify({ v: MESSAGE_VERSION, f: from, n: random });
}

/** Reads a payload. Never throws: it says why a payload is no message. @publicApi */
export function decodeInvalidation(payload: string): DecodedMessage {
  if (payload.length > MAX_PAYLOAD_LENGTH) return accepted('', EVERYTHING, {});
  const plain = readPlainKeys(payload, BEGINNING);
  const json = parsed(plain ? plain.rest : payload);
  if (!isRecord(json)) return refused('not a JSON object');

  const version = json['v'];
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return refused('no version "v"');
  const from = json['f'] ?? '';
  if (typeof from !== 'string') return refused('the sender "f" is not a string');
  // A newer version may name things that this one does not know. Only the widest meaning is safe.
  if (version > MESSAGE_VERSION) return accepted(from, EVERYTHING, json);

  const regions = strings(json['r']);
  if (!regions) return refused('"r" is not a list of strings');
  const tags = strings(json['t']);
  if (!tags) return refused('"t" is not a list of strings');
  const keys = keyLists(json['k']);
  if (!keys) return refused('"k" is not a list of [region, key, …]');
  const everything = json['e'] !== undefined;
  if (!plain && !everything && regions.length + tags.length + keys.length === 0 && json['n'] === undefined)
    return refused('it names nothing');

  const invalidation = {
    everything,
    regions: new Set(regions),
    tags: new Set(tags),
    keys: plain?.keys ?? keysByRegion(keys),
  };
  return accepted(from, invalidation, json);
}

function accepted(from: string, invalidation: Invalidation, json: Record<string, unknown>): DecodedMessage {
  const token = tokenIn(json);
  const unannounced = json['u'];
  const traceparent = json['c'];
  return {
    ok: true,
    message: {
      from,
      invalidation,
      token,
      ...(json['m'] === 1 && { hasMore: true }),
      ...(typeof unannounced === 'string' && { unannounced }),
      ...(isTraceparent(traceparent) && { traceparent }),
    },
  };
}

/** `undefined` for a token that this library would not have written: the message itself counts all the same. */
function tokenIn({ a: token }: Record<string, unknown>): string | undefined {
  return typeof token === 'string' && token !== '' && token.length <= MAX_TOKEN_LENGTH ? token : undefined;
}

function refused(reason: string): DecodedMessage {
  return { ok: false, reason };
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function strings(value: unknown): readonly string[] | undefined {
  if (value === undefined) return [];
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

function keyLists(value: unknown): readonly (readonly [string, ...string[]])[] | undefined {
  if (value === undefined) return [];
  return Array.isArray(value) && value.every(isKeyList) ? value : undefined;
}

function keysByRegion(lists: readonly (readonly [string, ...string[]])[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byRegion = new Map<string, Set<string>>();
  for (const [region, ...keys] of lists) {
    const known = byRegion.get(region);
    if (known) for (const key of keys) known.add(key);
    else if (keys.length > 0) byRegion.set(region, new Set(keys));
  }
  return byRegion;
}

function isKeyList(value: unknown): value is readonly [string, ...string[]] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}
