import type { InvalidationTarget } from './invalidation.js';
import type { WhenDisconnected } from './when-disconnected.js';

/** How long a member that is silent is kept on the list, in ms. @internal */
export const MEMBER_IS_GONE = 600_000;

/** An instance as the others know it: for how long it may serve what it has not heard of. @publicApi */
export interface Member {
  readonly instanceId: string;
  /** ms; `Infinity`: it serves for as long as it is cut off, and only its acknowledgement counts. */
  readonly maxStaleness: number;
  readonly whenDisconnected: WhenDisconnected;
  /** The regions in which it does the other of the two. */
  readonly exceptions: readonly string[];
}

/** @publicApi */
export interface ListedMember {
  readonly member: Member;
  /** How long ago, in ms, it had synced last. */
  readonly syncAge: number;
}

/** A member as the list holds it: a text that does not change while the instance lives. @internal */
export function encodeMember({ instanceId, maxStaleness, whenDisconnected, exceptions }: Member): string {
  return JSON.stringify({
    i: instanceId,
    // JSON knows no Infinity.
    ...(maxStaleness !== Infinity && { s: maxStaleness }),
    ...(whenDisconnected === 'bypass' && { b: 1 }),
    ...(exceptions.length > 0 && { x: exceptions }),
  });
}

/** Never throws: of what cannot be read, the most patient reading is the only safe one. @internal */
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
 * For how long after an invalidation entered the log a member that has not acknowledged it may serve what it names, in ms; negative
 * when it has served nothing for that long already.
 *
 * In `'reload'` that is its lease from then on, since it may have loaded a copy the moment before. In `'bypass'` it serves nothing once
 * the lease is over that its last sync gave it; a clock of the server that was set back must not make that longer.
 *
 * @internal
 */
export function mayServeFor({ member, syncAge }: ListedMember, targets: readonly InvalidationTarget[]): number {
  const { maxStaleness } = member;
  if (!targets.every((target) => bypasses(member, target))) return maxStaleness;
  return Math.min(maxStaleness, maxStaleness - syncAge);
}

/** Whether the member is in `'bypass'` wherever an entry of this target can be. @internal */
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
