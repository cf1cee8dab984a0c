/**
 * Lua functions about the list of members, which two scripts share.
 *
 * The list is a sorted set of members, scored by the time of their last sync, so that the members to forget are one range of it. One element
 * has a negative score: its member is the run of the server, and its score is minus the time (ms) at which that run began the list. A server
 * that was restarted, promoted or wiped may not know members that an earlier run knew.
 *
 * A run is `run_id/master_replid`. `run_id` alone does not change when a server is demoted and promoted again, and it may lose the end of
 * its log on the way. `master_replid` changes with each promotion.
 *
 * @internal
 */
export const MEMBER_LIST = `
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

-- The time in ms since which no member can be missing from the list. Without the run, that is now: until now the server may have been another one.
local function listedSince(members, run, now)
  if not run then return now end
  local kept = redis.call('ZRANGEBYSCORE', members, '-inf', '(0', 'WITHSCORES')
  if #kept == 2 and kept[1] == run then return -tonumber(kept[2]) end
  redis.call('ZREMRANGEBYSCORE', members, '-inf', '(0')
  redis.call('ZADD', members, string.format('%.0f', -now), run)
  return now
end
`;
