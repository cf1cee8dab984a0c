import type { Redis } from 'ioredis';

const DAY = 86_400_000;

/** Lets the list of members have been complete for a day: no instance counts as missing from it. That is another epoch. */
export async function ageMemberList(admin: Redis, members: string): Promise<void> {
  const marks = await scores(admin, members, '-inf', '(0');
  const [run = ''] = [...marks.keys()].filter((mark) => /^\w+\/\w*$/.test(mark));
  await admin.zadd(members, (marks.get(run) ?? 0) + DAY, run);
}

/** Sets the clock of the server forward by `milliseconds`, as far as the list can tell: when it was read last, it showed less. */
export async function setClockOfList(admin: Redis, members: string, milliseconds: number): Promise<void> {
  const marks = await scores(admin, members, '-inf', '(0');
  await admin.zadd(members, (marks.get('clock') ?? 0) + milliseconds, 'clock');
}

/** The instances on the list, and until when each stays there, in ms by the time of the list. */
export async function listedUntil(admin: Redis, members: string): Promise<ReadonlyMap<string, number>> {
  return scores(admin, members, '0', '+inf');
}

/** The combinations of settings on the list. */
export async function settingsOnList(admin: Redis, members: string): Promise<readonly string[]> {
  const marks = await scores(admin, members, '-inf', '(0');
  return [...marks.keys()].filter((mark) => mark.startsWith('{')).toSorted();
}

async function scores(admin: Redis, members: string, min: string, max: string): Promise<Map<string, number>> {
  const reply = await admin.zrangebyscore(members, min, max, 'WITHSCORES');
  const found = new Map<string, number>();
  for (let i = 0; i + 1 < reply.length; i += 2) {
    const score = reply[i + 1];
    found.set(reply[i] ?? '', score === 'inf' ? Infinity : Number(score));
  }
  return found;
}
