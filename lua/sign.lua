#!lua flags=allow-oom
-- sign.lua: moves the consumer group that shows the position to monitoring, and reports what it says of the stream. Nothing
-- is read through that group. Nothing is written where it is right already.
--
-- KEYS  1 orders stream   2 position (see join.lua)
-- ARGV  1 group
--
-- Answers { 'moved' | 'created' | 'missing' where there is no stream or no position, the group's lag or '' }. A lag while
-- nothing waits means that the stream was recreated, or that entries were deleted before they were settled.

local server = redis
local attempt = server.pcall
local orders, position, group = KEYS[1], KEYS[2], ARGV[1]
-- include lib/failed.lua
-- include lib/fields.lua

local held = attempt('HMGET', position, 'id', 'count', 'base')
if held.err then return failed(held, position) end
local id, count, base = held[1], tonumber(held[2]), tonumber(held[3])
local function look()
  local groups = attempt('XINFO', 'GROUPS', orders)
  if groups.err then return groups end
  for _, each in ipairs(groups) do
    local named = fields(each)
    if named.name == group then return named end
  end
  return false
end
local there = look()
if not id or there and there.err and string.find(there.err, '^ERR no such key') then return { 'missing', '' } end
if there and there.err then return failed(there, orders) end
local read = count and base and count + base >= 0 and string.format('%.0f', count + base)
local done = 'moved'
if not there or there['last-delivered-id'] ~= id or (read and there['entries-read'] ~= tonumber(read)) then
  if not there then done = 'created' end
  local move = { 'XGROUP', there and 'SETID' or 'CREATE', orders, group, id }
  if read then move[6], move[7] = 'ENTRIESREAD', read end
  local moved = attempt(unpack(move))
  if moved.err then return failed(moved, orders) end
  there = look()
end
return { done, there and there.lag and tostring(there.lag) or '' }
