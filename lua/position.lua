#!lua
-- position.lua: writes down up to where a group has settled everything, so that a lost group can be created anew there.
--
-- KEYS  1 orders stream   2 results stream   3 the position, a hash
-- ARGV  1 group
--
-- The hash holds a pair of ids:  settled (every request up to it has its result) and results (every result of a later request
-- stands after it), and next_settled, next_results: a pair taken at an earlier call, which becomes the pair
-- as soon as nothing up to next_settled is pending. So the pair is never ahead of the truth, and at most two calls behind it
-- unless an entry stays pending.
--
-- Beside it, in <orders>:<group>:answered, stand the marks of requests that were answered and of which nothing else says so
-- (lua/settle.lua). This script puts them aside as ...:answered:before, and drops those as soon as the position has passed
-- the last of them. So no mark is dropped before the position says what the mark said, and dropping costs the same for any
-- number: UNLINK frees them beside the server's main thread.
--
-- Answers settled ('' while there is none), or an error: NOGROUP where stream or group is missing.

local orders, results, position = KEYS[1], KEYS[2], KEYS[3]
local answered = orders .. ':' .. ARGV[1] .. ':answered'
local before = answered .. ':before'

-- Are these two stream ids in order? Each half may be any 64-bit number: too long for a Lua number.
local function less(a, b)
  local a1, a2 = string.match(a, '^(%d+)%-(%d+)$')
  local b1, b2 = string.match(b, '^(%d+)%-(%d+)$')
  if a1 ~= b1 then
    if #a1 ~= #b1 then return #a1 < #b1 end
    return a1 < b1
  end
  if #a2 ~= #b2 then return #a2 < #b2 end
  return a2 < b2
end

local function value(list, name)
  for i = 1, #list, 2 do
    if list[i] == name then return list[i + 1] end
  end
end

local pending = server.pcall('XPENDING', orders, ARGV[1])
if pending.err then return pending end
local newest_request = value(server.call('XINFO', 'STREAM', orders), 'last-generated-id')
local delivered = '0-0'
for _, group in ipairs(server.call('XINFO', 'GROUPS', orders)) do
  if value(group, 'name') == ARGV[1] then delivered = value(group, 'last-delivered-id') end
end
-- A group that was set beyond the stream's end has delivered no more than there is.
if less(newest_request, delivered) then delivered = newest_request end
local last = '0-0'
local newest = server.call('XREVRANGE', results, '+', '-', 'COUNT', '1')
if #newest > 0 then last = newest[1][1] end

local held = server.call('HMGET', position, 'settled', 'results', 'next_settled', 'next_results')
local settled = held[1] or ''
if held[3] and less(delivered, held[3]) then
  -- The group was created anew, behind what it had delivered before: what it has yet to deliver again is not settled.
  if not less(newest_request, held[3]) then return settled end
  -- The stream was begun anew, with lower ids: of its requests nothing is known but that their results stand further on.
  settled, held[3] = '0-0', nil
  server.call('HSET', position, 'settled', settled, 'results', held[4])
  server.call('UNLINK', answered, before)
end
if held[3] and (pending[1] == 0 or less(held[3], pending[2])) and held[3] ~= settled then
  settled = held[3]
  server.call('HSET', position, 'settled', settled, 'results', held[4])
end
if delivered ~= held[3] or last ~= held[4] then
  server.call('HSET', position, 'next_settled', delivered, 'next_results', last)
end

-- By milliseconds only, as scores are: what the position says of its own millisecond is left to the marks.
local youngest = server.call('ZRANGE', before, '-1', '-1', 'WITHSCORES')
if #youngest > 0 and tonumber(youngest[2]) < (tonumber(string.match(settled, '^%d+')) or 0) then
  server.call('UNLINK', before)
  youngest = {}
end
if #youngest == 0 and server.call('EXISTS', answered) == 1 then server.call('RENAME', answered, before) end
return settled
