import { MEMBER_LIST } from './member-list-script.js';
import { ServerScript } from './server-script.js';

/**
 * Reads the state of a namespace for an observer, and writes nothing.
 *
 * KEYS: log, members. Returns the server time in ms, how many entries the log holds, the ids of its first and its last entry ('' when it is
 * empty), its size in bytes or -1, the run of the server or '', and the members: for each its element and for how long it stays listed.
 *
 * @internal
 */
export const lookScript = new ServerScript(`
local log, members = KEYS[1], KEYS[2]
${MEMBER_LIST}
local now = millisecondsNow()
local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
local length = redis.pcall('XLEN', log)
local memory = redis.pcall('MEMORY', 'USAGE', log)
return {
  string.format('%.0f', now),
  type(length) == 'number' and length or -1,
  first and first[1] or '',
  last and last[1] or '',
  type(memory) == 'number' and memory or -1,
  runOfServer() or '',
  membersIn(members, readMarks(members, now)),
}
`);
