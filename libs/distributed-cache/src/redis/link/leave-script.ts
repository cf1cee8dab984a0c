import { MEMBER_LIST } from './member-list-script.js';
import { ServerScript } from './server-script.js';

/**
 * Takes the instance off the list of members. If no other is left there, the log and the list expire some time later: nobody would ever
 * delete them. The sync of an instance that comes back takes the expiry away.
 *
 * KEYS: log, members. ARGV: member, expiry of the keys in ms.
 *
 * @internal
 */
export const leaveScript = new ServerScript(`
local log, members = KEYS[1], KEYS[2]
${MEMBER_LIST}
redis.call('ZREM', members, ARGV[1])
local marks = readMarks(members, millisecondsNow())
-- An instance that was killed is on the list until its time is over. Its keys stay: it may only be cut off.
local others = redis.call('ZRANGEBYSCORE', members, string.format('%.0f', marks.time), '+inf', 'LIMIT', 0, 1)
if #others > 0 then return end
redis.call('PEXPIRE', log, ARGV[2])
redis.call('PEXPIRE', members, ARGV[2])
`);
