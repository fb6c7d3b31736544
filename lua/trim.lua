#!lua flags=allow-oom
-- trim.lua: removes entries older than a retention from a stream, one bounded step at a time: only what is settled, and
-- nothing that a consumer group of anybody has yet to read or to acknowledge.
--
-- KEYS  1 stream   2 position (see join.lua)
-- ARGV  1 'orders' or 'results'   2 retention in ms   3 entries to remove in this step, at most (about)
--       4 name of the group that only shows the position, '' for none
--
-- Answers { how many were removed, '1' if more is due, else '0' }.
--
-- How old an entry is, its ID says only as long as the clock that made it was right: one ID from the future, and all later
-- entries have such IDs. So the position hash also remembers an ID and when that was the newest settled one:
-- <kind>_mark, <kind>_seen; once that is a retention ago, all up to it is old, whatever the IDs say: <kind>_old.
-- Out of memory it works all the same (allow-oom): it makes room.

local server = redis
local attempt, call = server.pcall, server.call
local stream, position = KEYS[1], KEYS[2]
local kind, retention, limit = ARGV[1], tonumber(ARGV[2]), ARGV[3]
-- include lib/failed.lua
-- include lib/less.lua
-- include lib/fields.lua

local groups = attempt('XINFO', 'GROUPS', stream)
if groups.err then
  if string.find(groups.err, '^ERR no such key') then return { '0', '0' } end
  return failed(groups, stream)
end
local names = { kind .. '_mark', kind .. '_seen', kind .. '_old', 'id' }
local held = attempt('HMGET', position, unpack(names))
if held.err then return failed(held, position) end
local mark, seen, old, settled = held[1], tonumber(held[2]), held[3] or '0-0', held[4]
if not settled then return { '0', '0' } end

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local newest = settled
if kind == 'results' then
  local page = call('XREVRANGE', stream, '+', '-', 'COUNT', '1')
  newest = #page > 0 and page[1][1] or '0-0'
end
if not mark or not seen or seen > now or now - seen >= retention then
  if mark and seen and now - seen >= retention then old = mark end
  local set = attempt('HSET', position, names[1], newest, names[2], string.format('%.0f', now), names[3], old)
  if type(set) == 'table' then return failed(set, position) end
end

local bound = now > retention and string.format('%.0f-0', now - retention) or '0-0'
if less(bound, old) then bound = old end
-- MINID keeps the entry of its own ID: the last settled request stays, so that a stream never looks empty-handed.
if kind == 'orders' and less(settled, bound) then bound = settled end
for _, group in ipairs(groups) do
  local info = fields(group)
  if info.name ~= ARGV[4] then
    if less(info['last-delivered-id'], bound) then bound = info['last-delivered-id'] end
    if info.pending > 0 then
      local oldest = call('XPENDING', stream, info.name)[2]
      if less(oldest, bound) then bound = oldest end
    end
  end
end

-- Whole nodes are cheap to remove, and LIMIT counts them up to its bound: fewer than asked for is not "done". When no
-- whole node is left to remove, the rest of one node is, exactly, and that is done.
local removed = attempt('XTRIM', stream, 'MINID', '~', bound, 'LIMIT', limit)
if type(removed) == 'table' then return failed(removed, stream) end
if removed > 0 then return { tostring(removed), '1' } end
removed = attempt('XTRIM', stream, 'MINID', '=', bound)
if type(removed) == 'table' then return failed(removed, stream) end
return { tostring(removed), '0' }
