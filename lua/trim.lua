#!lua flags=allow-oom
-- trim.lua: removes entries older than a retention from a stream, one bounded step at a time. Only settled ones, and none
-- that any consumer group has yet to read or to acknowledge.
--
-- In orders and results the newest relevant entry stays, however old: the last settled request, and its result. They show
-- where the position was, in case it is lost (join.lua).
--
-- KEYS  1 stream   2 position (see join.lua)
-- ARGV  1 'orders', 'results' or 'dead'   2 retention in ms   3 entries to remove in this step, at most (about)
--         (whole nodes of the stream: at least one); fewer if that takes long
--       4 name of the group that only shows the position, '' for none   5 the last request that the caller knows to be
--         settled, '' if unknown: the position may have been moved by hand
--
-- Returns { how many were removed, '1' if more is due, else '0', the group that holds back old entries or '', the
--           ID that this group is at or '' }.
--
-- An entry's ID shows its age only if the clock was right when it was created. After one ID from the future, all later
-- entries have such IDs. So the position hash also records an ID and when that was the newest settled one: <kind>_mark,
-- <kind>_seen; a retention later everything up to it is old, whatever the IDs say: <kind>_old. Allowed when out of memory
-- (allow-oom): it frees memory.

local server = redis
local attempt = server.pcall
local stream, position = KEYS[1], KEYS[2]
local kind, retention, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local step_seconds = 0.002
-- include lib/failed.lua
-- include lib/fields.lua
-- include lib/is_id.lua
-- include lib/less.lua

local groups = attempt('XINFO', 'GROUPS', stream)
if groups.err then
  if string.find(groups.err, 'no such key', 1, true) then return { '0', '0', '', '' } end
  return failed(groups, stream)
end
local names = { kind .. '_mark', kind .. '_seen', kind .. '_old' }
local stored = attempt('HMGET', position, 'id', 'result', unpack(names))
if stored.err then return failed(stored, position) end
local settled, mark, seen = kind ~= 'dead' and stored[kind == 'orders' and 1 or 2], stored[3], tonumber(stored[4] or '')
local old = is_id(stored[5]) and stored[5] or '0-0'
if not is_id(stored[1]) or kind == 'orders' and not is_id(settled) then return { '0', '0', '', '' } end

local time = server.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local newest = settled
if kind ~= 'orders' then
  local page = attempt('XREVRANGE', stream, '+', '-', 'COUNT', '1')
  if page.err then return failed(page, stream) end
  newest = #page > 0 and page[1][1] or '0-0'
end
if not is_id(mark) or less(newest, mark) then mark, old = nil, '0-0' end -- a recreated stream has other IDs
if not mark or not seen or seen > now or now - seen >= retention then
  if mark and seen and now - seen >= retention then old = mark end
  local set = attempt('HSET', position, names[1], newest, names[2], string.format('%.0f', now), names[3], old)
  if type(set) == 'table' then return failed(set, position) end
end

local bound = now > retention and string.format('%.0f-0', now - retention) or '0-0'
if less(bound, old) then bound = old end
-- MINID keeps the entry of its own ID.
if settled and is_id(settled) and less(settled, bound) then bound = settled end
if kind == 'orders' and is_id(ARGV[5]) and less(ARGV[5], bound) then bound = ARGV[5] end
local old_enough, keeper = bound, ''
for _, group in ipairs(groups) do
  local info = fields(group)
  if info.name ~= ARGV[4] then
    if less(info['last-delivered-id'], bound) then bound, keeper = info['last-delivered-id'], info.name end
    if info.pending > 0 then
      local pending = attempt('XPENDING', stream, info.name)
      if pending.err then return failed(pending, stream) end
      if less(pending[2], bound) then bound, keeper = pending[2], info.name end
    end
  end
end
if keeper ~= '' then
  -- The group is not behind if no entry follows.
  local kept = attempt('XRANGE', stream, '(' .. bound, '(' .. old_enough, 'COUNT', '1')
  if kept.err then return failed(kept, stream) end
  if #kept == 0 then keeper = '' end
end
local after = keeper ~= '' and bound or ''

-- Whole nodes are cheap to remove, and LIMIT counts them up to its bound: fewer than requested does not mean "done", and a
-- larger node needs a larger LIMIT. When no whole node is left to remove, part of one node is removed exactly.
-- Large entries take longer: the step ends after some time, if this server has a clock for scripts.
local clock = nil
pcall(function() clock = os.clock end)
local started = clock and clock()
local removed, at_most, some = 0, 10
repeat
  some = attempt('XTRIM', stream, 'MINID', '~', bound, 'LIMIT', removed > 0 and math.min(at_most, limit - removed) or at_most)
  if type(some) == 'table' then return failed(some, stream) end
  removed = removed + some
  at_most = at_most * 2
  local enough = some == 0 or removed >= limit or (clock and clock() - started > step_seconds)
until at_most > 10000000 or (removed > 0 and enough)
if removed > 0 then return { tostring(removed), '1', keeper, after } end
some = attempt('XTRIM', stream, 'MINID', '=', bound)
if type(some) == 'table' then return failed(some, stream) end
return { tostring(some), '0', keeper, after }
