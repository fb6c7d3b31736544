#!lua flags=allow-oom
-- trim.lua: removes entries older than a retention from a stream, but none that any group has yet to read or to settle.
--
-- KEYS  1 stream   2 the position (see position.lua), only for a results stream: what stands after it is kept, because a
--       lost group is created anew from it
-- ARGV  1 retention in ms   2 entries to remove, at most (about)   3 a group that has to be there, '' for none
--
-- Answers how many entries it removed. The age is told by the entry's id and the server's clock.
-- Out of memory it runs all the same (allow-oom): it is what makes room.

local stream = KEYS[1]
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

local groups = server.pcall('XINFO', 'GROUPS', stream)
if groups.err then
  if string.find(groups.err, '^ERR no such key') then return 0 end
  return groups
end
local time = server.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now <= tonumber(ARGV[1]) then return 0 end
local bound = string.format('%.0f-0', now - tonumber(ARGV[1]))
local seen = ARGV[3] == ''
for _, group in ipairs(groups) do
  local info = {}
  for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
  seen = seen or info['name'] == ARGV[3]
  if less(info['last-delivered-id'], bound) then bound = info['last-delivered-id'] end
  if info['pending'] > 0 then
    local oldest = server.call('XPENDING', stream, info['name'])[2]
    if less(oldest, bound) then bound = oldest end
  end
end
if not seen then return 0 end
if KEYS[2] then
  local needed = server.call('HMGET', KEYS[2], 'results')[1]
  if not needed then return 0 end
  if less(needed, bound) then bound = needed end
end

-- Whole nodes first, which is cheap; then the rest of one node, which is exact.
local removed = server.call('XTRIM', stream, 'MINID', '~', bound, 'LIMIT', ARGV[2])
if removed == 0 then removed = server.call('XTRIM', stream, 'MINID', '=', bound) end
return removed
