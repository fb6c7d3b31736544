#!lua
-- claim.lua: takes over what other consumers have left pending for too long. An entry that was deleted from the stream
-- meanwhile gets its result (request_lost) in the same step: XAUTOCLAIM names such an entry only once.
--
-- KEYS  1 orders stream   2 results stream
-- ARGV  1 group   2 consumer   3 idle time in ms from which an entry is taken
--       4 id to go on from   5 entries looked for, at most
--
-- Answers { id to go on from, '0-0' when all were seen; how many are the consumer's now; how many were lost }.
-- The entries' contents are not sent: the consumer reads its own pending entries next.

local results = KEYS[2]
-- Before the claim, because what it tells is told only once: may results be written?
local kind = server.call('TYPE', results).ok
if kind ~= 'stream' and kind ~= 'none' then
  return server.error_reply('WRONGTYPE key ' .. results .. ': it holds no stream')
end
if not server.acl_check_cmd('XADD', results, '*', 'order', '') then
  return server.error_reply('NOPERM key ' .. results .. ': no right to XADD')
end
local claimed = server.pcall('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], 'COUNT', ARGV[5], 'JUSTID')
if claimed.err then return claimed end
for _, request in ipairs(claimed[3]) do
  server.call('XADD', results, '*', 'order', '', 'request', request, 'status', 'rejected', 'reason', 'request_lost')
end
return { claimed[1], #claimed[2], #claimed[3] }
