import { MEMBER_LIST } from './member-list-script.js';
import { ServerScript } from './server-script.js';

/** Appends to the log and rings. Ends the script with the error when the log does not take the payload. */
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
  -- Out of memory is no reason to keep the others waiting: they drop now, and the log is told later.
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
 * As {@link publishScript}, and tells who may hold copies at that moment.
 *
 * KEYS: log, members. ARGV: channel, payload, log length, ms after which a silent member is forgotten.
 * Returns the id of the entry, for how long the list has been complete in ms, then each member and how long ago it synced in ms.
 *
 * @internal
 */
export const publishToMembersScript = new ServerScript(`${APPEND_AND_RING}
local members = KEYS[2]
${MEMBER_LIST}
local now = millisecondsNow()
local reply = { id, string.format('%.0f', now - listedSince(members, run(), now)) }
local listed = redis.call('ZRANGEBYSCORE', members, string.format('%.0f', now - tonumber(ARGV[4])), '+inf', 'WITHSCORES')
for i = 1, #listed, 2 do
  reply[#reply + 1] = listed[i]
  reply[#reply + 1] = string.format('%.0f', now - tonumber(listed[i + 1]))
end
return reply
`);
