import { MEMBER_LIST } from './member-list-script.js';
import { ServerScript } from './server-script.js';

/**
 * Registers the instance among the members, then returns the state of the log and the entries after a position.
 *
 * It writes first and fails if it cannot. Otherwise a replica, or a primary that was cut off and replaced, would renew leases for ever.
 *
 * KEYS: log, members. ARGV: member, position id ('' = none), position hash, epoch of the position, no-op payload, log length, most entries,
 * most bytes, for how many ms the member stays listed or '+inf', whether members are wanted (1 or 0), then combinations of settings, each
 * with for how many ms the list remembers it: first the one of the member, then the others that it remembers.
 *
 * Returns epoch, server time in ms, newest id, newest hash, continuous (1 or 0), complete (1 or 0), the settings on the list, the members,
 * which keys have vanished ('log', 'members', both or neither), then id and payload of each entry. The epoch is the run of the server with
 * the time at which it began the list of members, or '' when the ACL forbids INFO.
 *
 * Keys in use have no expiry: under the memory policies volatile-*, Redis evicts keys that have one, and a busy key is large. The leave
 * script sets one, and an older version of the library does so with each sync.
 *
 * @internal
 */
export const syncScript = new ServerScript(`
local log, members = KEYS[1], KEYS[2]
local positionId, positionHash, knownEpoch = ARGV[2], ARGV[3], ARGV[4]
local mostEntries, mostBytes = tonumber(ARGV[7]), tonumber(ARGV[8])

local function field(entry, name)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == name then return entry[2][i + 1] end
  end
  return ''
end

local function milliseconds(id)
  return tonumber(string.match(id, '^%d+'))
end

${MEMBER_LIST}
local now = millisecondsNow()
local marks = readMarks(members, now)
local listedUntil = ARGV[9] == '+inf' and '+inf' or string.format('%.0f', marks.time + tonumber(ARGV[9]))
local run = runOfServer()
local since = listedSince(members, marks, run)
local epoch = run and string.format('%s/%.0f', run, since) or ''
-- Another list than the one that the instance knew may have lost instances, whose settings it remembers.
local isKnown = knownEpoch == epoch and not marks.isNew
local lastSettings = isKnown and 11 or #ARGV
for i = 11, lastSettings, 2 do
  marks.settings[ARGV[i]] = math.max(marks.settings[ARGV[i]] or 0, marks.time + tonumber(ARGV[i + 1]))
end
writeMarks(members, marks, listedUntil, ARGV[1])
redis.call('ZREMRANGEBYSCORE', members, 0, string.format('(%.0f', marks.time))
redis.call('PERSIST', members)

local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if not newest then
  -- So that every instance has a position: an empty log would not show whether entries of it were lost.
  redis.call('XADD', log, 'MAXLEN', '~', ARGV[6], '*', 'p', ARGV[5], 'h', redis.sha1hex(ARGV[5]))
  newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
end
redis.call('PERSIST', log)

local listed = ARGV[10] == '1' and membersIn(members, marks) or {}
local reply = { epoch, string.format('%.0f', now), newest[1], field(newest, 'h'), 0, 1, settingsIn(marks), listed, '' }
local isSameRun = knownEpoch == epoch or (run and string.sub(knownEpoch, 1, #run + 1) == run .. '/')
if positionId == '' or not isSameRun then return reply end

-- The range begins with the position itself: its entry must still be there, with the same history before it.
local entries = redis.call('XRANGE', log, positionId, '+', 'COUNT', mostEntries + 2)
local isHeld = entries[1] and entries[1][1] == positionId and field(entries[1], 'h') == positionHash
if not isHeld then
  -- A log without the position was trimmed, or it is another log, or the doorbell of a stranger has moved the position. Only another log
  -- begins where a chain of hashes does, and later than the position.
  local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local beginsChain = field(first, 'h') == redis.sha1hex(field(first, 'p'))
  if beginsChain and milliseconds(first[1]) > milliseconds(positionId) then reply[9] = 'log' end
end
if not isKnown then reply[9] = reply[9] .. ' members' end
if knownEpoch ~= epoch or not isHeld then return reply end
reply[5] = 1
local bytes = 0
for i = 2, #entries do
  local payload = field(entries[i], 'p')
  bytes = bytes + #payload
  if i > 2 and (i > mostEntries + 1 or bytes > mostBytes) then
    reply[6] = 0
    return reply
  end
  reply[#reply + 1] = entries[i][1]
  reply[#reply + 1] = payload
end
return reply
`);
