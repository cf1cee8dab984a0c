/**
 * Lua functions about the list of members, which two scripts share.
 *
 * The list is a sorted set. A member is scored by the time until which it stays listed, so that the members to forget are one range.
 *
 * Its *marks* have negative scores, so that one range brings them and no member. The score of each is minus a time in ms:
 *
 * - the run of the server: when that run began the list. A server that was restarted, promoted or wiped may not know members that an
 *   earlier run knew. A run is `run_id/master_replid`. `run_id` alone does not change when a server is demoted and promoted again, and it
 *   may lose the end of its log on the way. `master_replid` changes with each promotion.
 * - `made`: when the list was made.
 * - `time`: the time of the list, and `clock`: the time of the server, both at the last sync.
 * - each combination of settings, as JSON: until when it is remembered.
 *
 * All times but `clock` are times of the list. That goes on with the clock of the server, but never back, and not at all over more than ten
 * seconds without a sync: an instance that is connected syncs more often, so the clock was set, or nobody was there. So neither that nor
 * another server with another clock makes the list forget anybody.
 *
 * @internal
 */
export const MEMBER_LIST = `
local mostBetweenSyncs = 10000

local function millisecondsNow()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The run of this server; nil when the ACL forbids INFO.
local function runOfServer()
  local server = redis.pcall('INFO', 'server')
  local runId = type(server) == 'string' and string.match(server, 'run_id:(%w+)')
  if not runId then return nil end
  local replication = redis.pcall('INFO', 'replication')
  -- With half of the name, an instance would begin the list anew for all instances that have the whole name.
  if type(replication) ~= 'string' then return nil end
  return runId .. '/' .. (string.match(replication, 'master_replid:(%w+)') or '')
end

-- The marks of the list as they are at the time now of the server.
local function readMarks(members, now)
  local marks = { now = now, settings = {} }
  local kept = redis.call('ZRANGEBYSCORE', members, '-inf', '(0', 'WITHSCORES')
  local clock
  for i = 1, #kept, 2 do
    local mark, time = kept[i], -tonumber(kept[i + 1])
    if mark == 'time' then marks.time = time
    elseif mark == 'clock' then clock = time
    elseif mark == 'made' then marks.made = time
    elseif string.sub(mark, 1, 1) == '{' then marks.settings[mark] = time
    else marks.run, marks.since = mark, time end
  end
  marks.isNew = not (marks.time and clock)
  if marks.isNew then
    -- The scores of a list without a time mean something else.
    marks.time, marks.made, marks.run, marks.isStale = now, now, nil, true
  elseif now > clock and now - clock <= mostBetweenSyncs then
    marks.time = marks.time + now - clock
  end
  return marks
end

-- Writes the marks and, if they are given, the score and the record of a member, by one command.
local function writeMarks(members, marks, listedUntil, record)
  local scores = {}
  local function add(score, element) scores[#scores + 1], scores[#scores + 2] = score, element end
  local function mark(name, time) add(string.format('%.0f', -time), name) end
  if record then add(listedUntil, record) end
  mark('time', marks.time)
  mark('clock', marks.now)
  if marks.made then mark('made', marks.made) end
  if marks.run then mark(marks.run, marks.since) end
  for settings, time in pairs(marks.settings) do
    if time >= marks.time then mark(settings, time) else marks.isStale = true end
  end
  if marks.isStale then redis.call('ZREMRANGEBYSCORE', members, '-inf', '(0') end
  redis.call('ZADD', members, unpack(scores))
end

-- The time of the list since which no member can be missing from it. Without the run, that is now: until now the server may have been
-- another one.
local function listedSince(members, marks, run)
  if not run then return marks.time end
  if marks.run ~= run then
    marks.run, marks.since, marks.isStale = run, marks.time, true
  end
  return marks.since
end

-- Why a list is young that is.
local function beganBecause(marks, run)
  if not run then return 'unknown-server' end
  return marks.since == marks.made and 'new-list' or 'other-server'
end

local function settingsIn(marks)
  local all = {}
  for settings in pairs(marks.settings) do all[#all + 1] = settings end
  return all
end

-- Each member, and for how many ms from now on it stays listed.
local function membersIn(members, marks)
  local listed = redis.call('ZRANGEBYSCORE', members, string.format('%.0f', marks.time), '+inf', 'WITHSCORES')
  for i = 2, #listed, 2 do
    if listed[i] ~= 'inf' then listed[i] = string.format('%.0f', tonumber(listed[i]) - marks.time) end
  end
  return listed
end
`;
