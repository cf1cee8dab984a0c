import {
  decodeMember,
  decodeSettings,
  encodeSettings,
  mayBeUnlistedFor,
  staysListedFor,
  type ListedMember,
  type MemberSettings,
} from '../../protocol/member.js';

/** For how long the scripts keep a member listed: in ms, or in the word of Redis for ever. @internal */
export function staysListed(settings: MemberSettings): string {
  const milliseconds = staysListedFor(settings);
  return milliseconds === Infinity ? '+inf' : String(Math.ceil(milliseconds));
}

/** Combinations of settings as the sync script takes them. @internal */
export function settingsArguments(all: readonly MemberSettings[]): readonly (string | number)[] {
  return all.flatMap((settings) => [encodeSettings(settings), Math.ceil(mayBeUnlistedFor(settings))]);
}

/** The settings in a reply of the scripts. @internal */
export function listedSettings(reply: unknown): readonly MemberSettings[] {
  return texts(reply).map(decodeSettings);
}

/** The members in a reply of the scripts, which tell for how long each stays listed. @internal */
export function listedMembers(reply: unknown): readonly ListedMember[] {
  const listed: ListedMember[] = [];
  const all = texts(reply);
  for (let i = 0; i + 1 < all.length; i += 2) {
    const member = decodeMember(all[i] ?? '');
    const staysListedOn = Number(all[i + 1]);
    // A member that stays for ever may serve for ever: it does not matter when it synced.
    const syncAge = Number.isFinite(staysListedOn) ? staysListedFor(member) - staysListedOn : 0;
    listed.push({ member, syncAge });
  }
  return listed;
}

function texts(reply: unknown): readonly string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}
