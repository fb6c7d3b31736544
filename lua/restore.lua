#!lua
-- restore.lua: creates a group, at its first start or after it was lost, so that just the unsettled requests are delivered:
-- all after `start` as new ones, and the listed ones before it as pending at the consumer.
--
-- KEYS  1 orders stream   2 results stream
-- ARGV  1 group   2 consumer   3 start   4 the newest entry of the results stream when the caller read it, '0-0' for none
--       5.. the unsettled requests up to start
--
-- Answers created, exists (another daemon was faster; nothing done) or moved (the results stream has grown since: read it again).
-- While a group is missing no order can be settled, so what the caller read stays true until it is created.

local orders, results = KEYS[1], KEYS[2]
local newest = server.call('XREVRANGE', results, '+', '-', 'COUNT', '1')
if (#newest > 0 and newest[1][1] or '0-0') ~= ARGV[4] then
  local there = server.pcall('XPENDING', orders, ARGV[1])
  return there.err and 'moved' or 'exists'
end
-- Before the group is created: one without its holes would pass for a whole one.
if #ARGV > 4 and not server.acl_check_cmd('XCLAIM', orders, ARGV[1], ARGV[2], '0', '0-1') then
  return server.error_reply('NOPERM key ' .. orders .. ': no right to XCLAIM')
end
local created = server.pcall('XGROUP', 'CREATE', orders, ARGV[1], ARGV[3], 'MKSTREAM')
if created.err then
  if string.find(created.err, '^BUSYGROUP') then return 'exists' end
  return created
end
for first = 5, #ARGV, 1000 do
  -- unpack() gives all its values only where it stands last.
  local claim = { 'XCLAIM', orders, ARGV[1], ARGV[2], '0', unpack(ARGV, first, math.min(first + 999, #ARGV)) }
  claim[#claim + 1] = 'FORCE'
  claim[#claim + 1] = 'JUSTID'
  local claimed = server.pcall(unpack(claim))
  if claimed.err then
    server.call('XGROUP', 'DESTROY', orders, ARGV[1])
    return claimed
  end
end
return 'created'
