import type { InvalidationTarget } from './invalidation.js';

/** A member that has not synced for this long, in ms, is taken off the list. @internal */
export const MEMBER_IS_GONE = 600_000;

/**
 * How an instance reads while its lease is over: `'reload'` loads each key again, once per `maxStaleness`; `'bypass'` loads for every read.
 *
 * @publicApi
 */
export type WhenDisconnected = 'reload' | 'bypass';

/** An instance, and how long it may serve a value whose invalidation it has not received. @publicApi */
export interface Member {
  readonly instanceId: string;
  /** ms. `Infinity`: it serves for as long as it is cut off, so only its acknowledgement tells that it does not. */
  readonly maxStaleness: number;
  readonly whenDisconnected: WhenDisconnected;
  /** The regions whose `whenDisconnected` is the other of the two. */
  readonly exceptions: readonly string[];
}

/** A member on the list of members. @publicApi */
export interface ListedMember {
  readonly member: Member;
  /** How long before the reply the member synced last, in ms. */
  readonly syncAge: number;
}

/** The text by which a list holds a member. It is the same for as long as the instance lives. @internal */
export function encodeMember({ instanceId, maxStaleness, whenDisconnected, exceptions }: Member): string {
  return JSON.stringify({
    i: instanceId,
    // JSON knows no Infinity.
    ...(maxStaleness !== Infinity && { s: maxStaleness }),
    ...(whenDisconnected === 'bypass' && { b: 1 }),
    ...(exceptions.length > 0 && { x: exceptions }),
  });
}

/**
 * Reads what {@link encodeMember} wrote. Never throws: a field that cannot be read gets the value that makes others wait longest for the
 * member, since any other could end a wait too early.
 *
 * @internal
 */
export function decodeMember(text: string): Member {
  const fields = parsed(text);
  const instanceId = typeof fields['i'] === 'string' ? fields['i'] : text;
  const maxStaleness = typeof fields['s'] === 'number' && fields['s'] >= 0 ? fields['s'] : Infinity;
  const exceptions = fields['x'] ?? [];
  const isReadable = Array.isArray(exceptions) && exceptions.every((region) => typeof region === 'string');
  if (!isReadable) return { instanceId, maxStaleness, whenDisconnected: 'reload', exceptions: [] };
  return { instanceId, maxStaleness, whenDisconnected: fields['b'] === 1 ? 'bypass' : 'reload', exceptions };
}

/**
 * For how long after an invalidation entered the log a member that has not acknowledged it may serve the old value, in ms. Negative: its
 * time was over that long before.
 *
 * In `'reload'` it is `maxStaleness`, since the member may have loaded a copy the moment before. In `'bypass'` the member serves nothing
 * once the lease is over that its last sync gave it. A server whose clock was set back gives a negative `syncAge`, which must not make
 * that longer.
 *
 * @internal
 */
export function mayServeFor({ member, syncAge }: ListedMember, targets: readonly InvalidationTarget[]): number {
  const { maxStaleness } = member;
  if (!targets.every((target) => bypasses(member, target))) return maxStaleness;
  return Math.min(maxStaleness, maxStaleness - syncAge);
}

/** Whether the member is in `'bypass'` in every region in which the target can have an entry. @internal */
export function bypasses({ whenDisconnected, exceptions }: Member, target: InvalidationTarget): boolean {
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
