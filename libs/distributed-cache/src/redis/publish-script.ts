import { ServerScript } from './server-script.js';

/**
 * Appends a payload to the log, then rings the doorbell with `previous-id id payload`.
 *
 * KEYS: log. ARGV: channel, payload, log length. Returns the id of the entry.
 *
 * @internal
 */
export const publishScript = new ServerScript(`
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
return id
`);
