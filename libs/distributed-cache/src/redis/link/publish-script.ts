import { MEMBER_LIST } from './member-list-script.js';
import { ServerScript } from './server-script.js';

/**
 * Appends the payload to the log, then rings the doorbell. Returns from the script with the error when the log does not take the payload.
 * Leaves in `refusal` the error of the doorbell, or `false`.
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
  if string.find(id.err, 'OOM', 1, true) then redis.pcall('PUBLISH', ARGV[1], ARGV[2]) end
  return id
end
local rung = redis.pcall('PUBLISH', ARGV[1], previousId .. ' ' .. id .. ' ' .. ARGV[2])
local refusal = type(rung) == 'table' and rung.err
if refusal then
  -- The log has it, and each instance finds it with its next sync. Told by a no-op, they do not take the channel for broken.
  local noOp = '{"v":1,"n":"' .. id .. '","u":"' .. id .. '"}'
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'p', noOp, 'h', redis.sha1hex(hash .. noOp))
end
`;

/**
 * Appends a payload to the log, then rings the doorbell with `previous-id id payload`.
 *
 * KEYS: log. ARGV: channel, payload, log length. Returns the id of the entry; with the error of the channel, where that took nothing.
 *
 * @internal
 */
export const publishScript = new ServerScript(`${APPEND_AND_RING}return refusal and { id, refusal } or id
`);

/**
 * As {@link publishScript}, and returns the members of that moment, which may hold copies.
 *
 * KEYS: log, members. ARGV: channel, payload, log length.
 *
 * Returns the id of the entry, how long ago in ms the list of members became complete, the settings on the list, the members: for each its
 * element and for how long it stays listed, in ms or 'inf'; then why the list began when it did; at last the error of the channel, where that
 * took nothing.
 *
 * @internal
 */
export const publishToMembersScript = new ServerScript(`${APPEND_AND_RING}
local members = KEYS[2]
${MEMBER_LIST}
local marks = readMarks(members, millisecondsNow())
local run = runOfServer()
local age = string.format('%.0f', marks.time - listedSince(members, marks, run))
if marks.isStale then writeMarks(members, marks) end
return { id, age, settingsIn(marks), membersIn(members, marks), beganBecause(marks, run), refusal or nil }
`);
