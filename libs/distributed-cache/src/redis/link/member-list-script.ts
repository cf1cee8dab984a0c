/**
 * What both scripts that know the list of members have in common, in Lua.
 *
 * The list is a sorted set of members by the time of their last sync, so that forgetting the silent ones costs what is forgotten. Its
 * one element below zero says which run of the server keeps it, and since when: a server that was restarted, promoted or wiped may not
 * know of members that the one before it had. The `run_id` alone would not tell that a server was demoted and promoted again, and lost
 * its tail on the way; `master_replid` does, since every promotion makes a new one.
 *
 * @internal
 */
export const MEMBER_LIST = `
local function millisecondsNow()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Which run of the server this is; nil when INFO is refused.
local function run()
  local server = redis.pcall('INFO', 'server')
  local runId = type(server) == 'string' and string.match(server, 'run_id:(%w+)')
  if not runId then return nil end
  local replication = redis.pcall('INFO', 'replication')
  -- An instance that may ask for the one and not for the other must not begin the list anew for those who may ask for both.
  if type(replication) ~= 'string' then return nil end
  return runId .. '/' .. (string.match(replication, 'master_replid:(%w+)') or '')
end

-- Since when, in ms, the list has been complete. A server that does not say which run it is may have been another one until now.
local function listedSince(members, run, now)
  if not run then return now end
  local kept = redis.call('ZRANGEBYSCORE', members, '-inf', '(0', 'WITHSCORES')
  if #kept == 2 and kept[1] == run then return -tonumber(kept[2]) end
  redis.call('ZREMRANGEBYSCORE', members, '-inf', '(0')
  redis.call('ZADD', members, string.format('%.0f', -now), run)
  return now
end
`;
