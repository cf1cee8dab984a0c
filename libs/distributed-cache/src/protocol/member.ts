import type { InvalidationTarget } from './invalidation.js';

/** For so long after its last sync, in ms, an instance counts as alive in any case. */
const TEN_MINUTES = 600_000;

/**
 * How an instance reads while its lease is over: `'reload'` loads each key again, once per `maxStaleness`; `'bypass'` loads for every read.
 *
 * @publicApi
 */
export type WhenDisconnected = 'reload' | 'bypass';

/** For how long an instance may serve a value whose invalidation it has not received. @publicApi */
export interface MemberSettings {
  /** ms. `Infinity`: it serves for as long as it is cut off, so only its acknowledgement tells that it does not. */
  readonly maxStaleness: number;
  readonly whenDisconnected: WhenDisconnected;
  /** The regions whose `whenDisconnected` is the other of the two. */
  readonly exceptions: readonly string[];
}

/** An instance, and how long it may serve a value whose invalidation it has not received. @publicApi */
export interface Member extends MemberSettings {
  readonly instanceId: string;
}

/** A member on the list of members. @publicApi */
export interface ListedMember {
  readonly member: Member;
  /** How long before the reply the member synced last, in ms. Irrelevant, and any number, with `maxStaleness: Infinity`. */
  readonly syncAge: number;
}

/** The text by which a list holds a member. It is the same for as long as the instance lives. @internal */
export function encodeMember(member: Member): string {
  return JSON.stringify({ i: member.instanceId, ...fieldsOf(member) });
}

/** The text by which a list holds settings: the same for all instances that have them. @internal */
export function encodeSettings(settings: MemberSettings): string {
  return JSON.stringify(fieldsOf({ ...settings, exceptions: settings.exceptions.toSorted() }));
}

function fieldsOf({ maxStaleness, whenDisconnected, exceptions }: MemberSettings): object {
  return {
    // JSON knows no Infinity.
    ...(maxStaleness !== Infinity && { s: maxStaleness }),
    ...(whenDisconnected === 'bypass' && { b: 1 }),
    ...(exceptions.length > 0 && { x: exceptions }),
  };
}

/**
 * Reads what {@link encodeMember} wrote. Never throws: a field that cannot be read gets the value that makes others wait longest for the
 * member, since any other could end a wait too early.
 *
 * @internal
 */
export function decodeMember(text: string): Member {
  const fields = parsed(text);
  return { instanceId: typeof fields['i'] === 'string' ? fields['i'] : text, ...settingsIn(fields) };
}

/** Reads what {@link encodeSettings} wrote, as {@link decodeMember} does. @internal */
export function decodeSettings(text: string): MemberSettings {
  return settingsIn(parsed(text));
}

function settingsIn(fields: Readonly<Record<string, unknown>>): MemberSettings {
  const maxStaleness = typeof fields['s'] === 'number' && fields['s'] >= 0 ? fields['s'] : Infinity;
  const exceptions = fields['x'] ?? [];
  const isReadable = Array.isArray(exceptions) && exceptions.every((region) => typeof region === 'string');
  if (!isReadable) return { maxStaleness, whenDisconnected: 'reload', exceptions: [] };
  return { maxStaleness, whenDisconnected: fields['b'] === 1 ? 'bypass' : 'reload', exceptions };
}

/**
 * For how long after its last sync a member stays on the list if it does not leave, in ms: as long as it can serve. With
 * `maxStaleness: Infinity` that is for ever.
 *
 * @internal
 */
export function staysListedFor({ maxStaleness }: MemberSettings): number {
  return Math.max(TEN_MINUTES, maxStaleness);
}

/**
 * For how long after a list of members began an instance with these settings may be missing from it, in ms: after that it has synced, or its
 * last sync is so long ago that a list would have forgotten it.
 *
 * With `maxStaleness: Infinity` it is the shortest such time. Otherwise no eviction could be confirmed on any server, since every list
 * has begun at some time.
 *
 * @internal
 */
export function mayBeUnlistedFor(settings: MemberSettings): number {
  const staysListed = staysListedFor(settings);
  return staysListed < Infinity ? staysListed : TEN_MINUTES;
}

/**
 * For how long after an invalidation entered the log an instance that has not acknowledged it may serve the old value, in ms. Negative: its
 * time was over that long before.
 *
 * In `'reload'` it is `maxStaleness`, since the instance may have loaded a copy the moment before. In `'bypass'` the instance serves nothing
 * once the lease is over that its last sync gave it. A server whose clock was set back may give a negative `syncAge`, which must not make
 * that longer.
 *
 * @param syncAge - how long ago it synced last, at the least, in ms
 * @internal
 */
export function mayServeFor(settings: MemberSettings, syncAge: number, targets: readonly InvalidationTarget[]): number {
  const { maxStaleness } = settings;
  if (maxStaleness === Infinity || !targets.every((target) => bypasses(settings, target))) return maxStaleness;
  return Math.min(maxStaleness, maxStaleness - syncAge);
}

/** Whether the instance is in `'bypass'` in every region in which the target can have an entry. */
function bypasses({ whenDisconnected, exceptions }: MemberSettings, target: InvalidationTarget): boolean {
  const isDefault = whenDisconnected === 'bypass';
  if (target.kind === 'key' || target.kind === 'region') return isDefault !== exceptions.includes(target.region);
  return isDefault && exceptions.length === 0;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
