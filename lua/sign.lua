#!lua flags=allow-oom
-- sign.lua: moves the consumer group that shows the position to monitoring, and reports the group's lag. Nothing is read
-- through that group. Nothing is written if it is already right.
--
-- KEYS  1 orders stream   2 position (see join.lua)
-- ARGV  1 group, '' for none: then only a pause is noticed
--
-- Returns { 'moved' | 'created' | 'missing' without a stream or a position | 'paused' (pause.lua),
--           the group's lag or '' if unknown; 0 without a stream }.
-- A lag while nothing waits, even an unknown one, means that the stream was replaced, or that entries were deleted before
-- they were settled. While the lane is paused the group is not moved.

local server = redis
local attempt = server.pcall
local orders, position, group = KEYS[1], KEYS[2], ARGV[1]
-- include lib/failed.lua
-- include lib/fields.lua

local stored = attempt('HMGET', position, 'id', 'count', 'base', 'paused')
if stored.err then return failed(stored, position) end
if group == '' then return { stored[4] and 'paused' or 'missing', '' } end
local id, count, base = stored[1], tonumber(stored[2]), tonumber(stored[3])
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
local gone = there and there.err and string.find(there.err, '^ERR no such key')
if there and there.err and not gone then return failed(there, orders) end
if not id or gone then return { stored[4] and 'paused' or 'missing', gone and '0' or '' } end
if stored[4] and there then return { 'paused', there.lag and tostring(there.lag) or '' } end
local read = count and base and count + base >= 0 and string.format('%.0f', count + base)
local done = 'moved'
local function move(...)
  local moved = attempt('XGROUP', there and 'SETID' or 'CREATE', orders, group, id, ...)
  if not moved.err then there = look() end
  return moved
end
if not there or there['last-delivered-id'] ~= id or (read and there['entries-read'] ~= tonumber(read)) then
  if not there then done = 'created' end
  -- Without a count the server returns what it knows: a lag of 0 only if the stream ends at this ID. An older stream that is
  -- back ends before it, and may have had as many entries as were settled: it gets no count.
  local moved = move()
  local lag = not moved.err and there.lag
  if read and not moved.err then moved = move('ENTRIESREAD', read) end
  if not moved.err and there.lag == 0 and lag ~= 0 then moved = move() end
  if moved.err then return failed(moved, orders) end
end
return { stored[4] and 'paused' or done, there.lag and tostring(there.lag) or '' }
