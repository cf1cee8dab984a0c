import { EVERYTHING, invalidationOf, type Invalidation, type InvalidationTarget } from './invalidation.js';

/** The version this library writes; a newer one is understood as "everything". @publicApi */
export const MESSAGE_VERSION = 1;

/** Payloads above this are not taken apart: they mean "everything". Ours stay far below. */
const MAX_PAYLOAD_LENGTH = 1 << 20;

/** A token is repeated by every instance; ours are shorter than this. */
const MAX_TOKEN_LENGTH = 64;

/**
 * What travels in the log and on the channel, as JSON with short keys: `v` version, `f` who says it, `e` everything, `r` regions,
 * `t` tags, `k` keys as `[region, key, …]`, `n` a random no-op mark, `a` a token that every instance which has applied the message is to
 * say on `{namespace}:acks`. Unknown keys are ignored.
 *
 * @publicApi
 */
export interface InvalidationMessage {
  /** The `instanceId` of the sender; `''` when a third party published it. */
  readonly from: string;
  readonly invalidation: Invalidation;
  /** What the sender wants to be told once the message is applied; `undefined`: nothing. */
  readonly token: string | undefined;
}

/** @publicApi */
export type DecodedMessage =
  { readonly ok: true; readonly message: InvalidationMessage } | { readonly ok: false; readonly reason: string };

/** @param token - asks every instance to acknowledge the message with it @publicApi */
export function encodeInvalidation(from: string, targets: Iterable<InvalidationTarget>, token?: string): string {
  const { everything, regions, tags, keys } = invalidationOf(targets);
  return JSON.stringify({
    v: MESSAGE_VERSION,
    f: from,
    ...(everything && { e: 1 }),
    ...(regions.size > 0 && { r: [...regions] }),
    ...(tags.size > 0 && { t: [...tags] }),
    ...(keys.size > 0 && { k: [...keys].map(([region, its]) => [region, ...its]) }),
    ...(token !== undefined && { a: token }),
  });
}

/** A message that invalidates nothing: it gives an empty log something to hold. @internal */
export function encodeNoOp(from: string, random: string): string {
  return JSON.stringify({ v: MESSAGE_VERSION, f: from, n: random });
}

/** Takes a payload apart. Never throws: what it cannot understand it refuses with a reason. @publicApi */
export function decodeInvalidation(payload: string): DecodedMessage {
  if (payload.length > MAX_PAYLOAD_LENGTH) return accepted('', EVERYTHING);
  const json = parsed(payload);
  if (!isRecord(json)) return refused('not a JSON object');

  const version = json['v'];
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return refused('no version "v"');
  const from = json['f'] ?? '';
  if (typeof from !== 'string') return refused('the sender "f" is not a string');
  // A newer version may say things this one has no word for: the widest meaning is the only safe one.
  if (version > MESSAGE_VERSION) return accepted(from, EVERYTHING, tokenIn(json));

  const regions = strings(json['r']);
  if (!regions) return refused('"r" is not a list of strings');
  const tags = strings(json['t']);
  if (!tags) return refused('"t" is not a list of strings');
  const keys = keyLists(json['k']);
  if (!keys) return refused('"k" is not a list of [region, key, …]');
  const everything = json['e'] !== undefined;
  if (!everything && regions.length + tags.length + keys.length === 0 && json['n'] === undefined)
    return refused('it names nothing');

  const invalidation = { everything, regions: new Set(regions), tags: new Set(tags), keys: keysByRegion(keys) };
  return accepted(from, invalidation, tokenIn(json));
}

function accepted(from: string, invalidation: Invalidation, token?: string): DecodedMessage {
  return { ok: true, message: { from, invalidation, token } };
}

/** One that is none of ours asks for nothing: the message itself counts all the same. */
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
