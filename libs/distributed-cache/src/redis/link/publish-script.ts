import { MEMBER_LIST } from './member-list-script.js';
import { ServerScript } from './server-script.js';

/**
 * Appends the payload to the log, then rings the doorbell. Returns from the script with the error when the log does not take the payload.
 *
 * docs/message-format.md shows it to other programs, comments included; a test compares the two.
 */
const APPEND_AND_RING = `
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local previousId, previousHash = '-', ''
if newest then
  previousId = newest[1]
  for i = 1, #newest[2], 2 do
    if newest[2][i] == 'h' then previousHash = newest[2][i + 1] end
  end
end
local hash = redis.sha1hex(previousHash .. ARGV[2])
local id = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'p', ARGV[2], 'h', hash)
if type(id) == 'table' and id.err then
  -- When memory is out, the connected instances still drop now. The publisher tries again to append to the log.
  if string.find(id.err, 'OOM', 1, true) then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
  return id
end
redis.call('PUBLISH', ARGV[1], previousId .. ' ' .. id .. ' ' .. ARGV[2])
`;

/**
 * Appends a payload to the log, then rings the doorbell with `previous-id id payload`.
 *
 * KEYS: log. ARGV: channel, payload, log length. Returns the id of the entry.
 *
 * @internal
 */
export const publishScript = new ServerScript(`${APPEND_AND_RING}return id
`);

/**
 * As {@link publishScript}, and returns the members of that moment, which may hold copies.
 *
 * KEYS: log, members. ARGV: channel, payload, log length.
 *
 * Returns the id of the entry, how long ago in ms the list of members became complete, the settings on the list, then for each member its
 * element and for how long it stays listed, in ms or 'inf'.
 *
 * @internal
 */
export const publishToMembersScript = new ServerScript(`${APPEND_AND_RING}
local members = KEYS[2]
${MEMBER_LIST}
local marks = readMarks(members, millisecondsNow())
local since = listedSince(members, marks, runOfServer())
if marks.isStale then writeMarks(members, marks) end
return { id, string.format('%.0f', marks.time - since), settingsIn(marks), membersIn(members, marks) }
`);
