#!lua
-- join.lua: finds out where to continue. Reads the position, creates it at the first start, and repairs it if needed: it
-- was deleted or moved by hand, or the stream was recreated. Called before a lane starts reading, and when something looks
-- wrong.
--
-- KEYS  1 position   2 orders stream   3 results stream
--
-- Returns { ID to continue from, count, requests waiting or -1 if unknown, what was done, the ID that was wrong,
--           entries found deleted before they were settled, entries-added of the stream at that ID or '' }
-- What was done: '' nothing; 'created' never served before; 'recovered' the key was missing and the newest result names the
-- position; 'restored' the same after the key was moved by hand, or nothing was settled since `start`; 'restarted' the
-- stream was recreated with smaller IDs; 'behind' it ends before the position, and nothing proves that its entries are new:
-- they are left unsettled; 'paused' nothing was checked because the lane is paused: in place of the wrong ID there is since
-- when and why, as written by pause.lua.
--
-- The position is a hash:
--   id, count, result   of the last settled request: its ID, how many were settled, the ID of its result (settle.lua)
--   base      entries-added of the stream when count was 0; absent if unknown. A recreated stream counts from zero.
--   deleted   entries deleted before they were settled, as far as noticed here
--   floor     if the stream was recreated with smaller IDs: results up to this one may belong to the previous stream
--   paused    since when, in ms, and why, if an operator paused the lane (pause.lua)
--   start     set then, or when the position was recovered: entries of the stream up to this one were settled before
--
-- Why results show where the position was: each is written in the same step as the position, in the order of the requests.
-- Settling twice is worse than waiting: a stream counts as recreated only if the results prove it. XINFO STREAM copies the
-- first and the last entry, which may be large: hence only here, never periodically.

local server = redis
local attempt = server.pcall
local position, orders, results = KEYS[1], KEYS[2], KEYS[3]
-- include lib/failed.lua
-- include lib/fields.lua
-- include lib/is_id.lua
-- include lib/less.lua

local function ask(command, key, ...)
  local reply = attempt(command, key, ...)
  if reply.err then error(failed(reply, key)) end
  return reply
end

local function describe(stream)
  local reply = attempt('XINFO', 'STREAM', stream)
  if reply.err and not string.find(reply.err, 'no such key', 1, true) then error(failed(reply, stream)) end
  local info = fields(reply)
  return info.length or 0, info['entries-added'] or 0, info['last-generated-id'] or '0-0', info['first-entry'], info['last-entry']
end

-- The first result from `from` on that names a request: its ID and its fields.
local function naming(command, from, to)
  local count = 1
  while true do
    local page = ask(command, results, from, to, 'COUNT', count)
    for _, entry in ipairs(page) do
      local named = fields(entry[2])
      if named.order and is_id(named.request) then return entry[1], named end
      from = '(' .. entry[1]
    end
    if #page < count then return nil end
    count = 100 -- changes of stock: rare, but then many
  end
end

local function integer(text) return text and #text <= 16 and string.find(text, '^%-?%d+$') and tonumber(text) or nil end
local function number(n) return string.format('%.0f', n) end

local stored = fields(ask('HGETALL', position))
if stored.paused then return { stored.id or '', stored.count or '', '-1', 'paused', stored.paused, '0', '' } end
local floor, start = is_id(stored.floor) and stored.floor or '0-0', is_id(stored.start) and stored.start or '0-0'
local newest_result, newest = naming('XREVRANGE', '+', '(' .. floor)

local id, result, done, wrong = stored.id, stored.result or '', '', ''
local count, base = integer(stored.count) or 0, integer(stored.base)
if not is_id(id) and (newest or stored.result ~= '') then
  done, wrong, count, base = newest and 'recovered' or 'created', id or '', 0, nil
elseif newest and newest.request ~= id then
  -- If the hash names a newer result than there is, that result was deleted: the hash is right.
  if less(id, newest.request) or not is_id(result) or not less(newest_result, result) then
    done, wrong = 'restored', id
    if result ~= newest_result then base = nil end -- the whole hash is an old copy
  end
elseif not newest and stored.result == '' and id ~= start then
  done, wrong = 'restored', id -- nothing was settled since counting began
end
if done ~= '' then id, result = newest and newest.request or start, newest_result or '' end
if done == 'recovered' then
  -- The floor is lost too. Only the results from the newest one on certainly belong to this stream.
  local older = ask('XREVRANGE', results, '(' .. newest_result, '-', 'COUNT', '1')[1]
  start, floor = id, older and older[1] or '0-0'
end

local length, added, last, first_entry, last_entry = describe(orders)

-- The largest ID that fits; 0-0 does, and from some ID on none does. Digit by digit: IDs exceed Lua's numbers.
local function largest(fits)
  local id_so_far = ''
  for half = 1, 2 do
    local digits = ''
    for place = 19, 0, -1 do
      local low, high = 0, 9
      while low < high do
        local middle = math.ceil((low + high) / 2)
        local text = string.match(digits .. middle .. string.rep('0', place), '^0*(%d+)$')
        local candidate = id_so_far .. text .. (half == 1 and '-0' or '')
        if is_id(candidate) and fits(candidate) then low = middle else high = middle - 1 end
      end
      digits = digits .. low
    end
    id_so_far = id_so_far .. string.match(digits, '^0*(%d+)$') .. (half == 1 and '-' or '')
  end
  return id_so_far
end

-- Whether all results since the floor certainly exist. After an undone call, which removes some, that is unknown.
local function complete()
  local kept, ever, _, first = describe(results)
  return kept > 0 and (not less(floor, first[1]) or ever == kept and kept >= count)
end

-- The newest result since the floor for this request or an earlier one: its ID and its fields.
local function answer(target)
  if not less(target, newest.request) then return newest_result, newest end
  local at = largest(function(from)
    if less(newest_result, from) then return false end
    local _, named = naming('XRANGE', less(floor, from) and from or '(' .. floor, '+')
    return not less(target, named.request)
  end)
  if at == '0-0' then return nil end
  return naming('XRANGE', at, '+')
end

-- Whether this is the order in that entry.
local function decides(named, entry)
  if named.request ~= entry[1] then return false end
  if named.reason == 'malformed' then return true end
  for _, text in ipairs(entry[2]) do
    -- As a field, or in JSON, which may contain escapes.
    if text == named.order or string.find(text, '"' .. named.order .. '"', 1, true) or string.find(text, '\\', 1, true) then
      return true
    end
  end
  return false
end

-- Whether this entry was never settled, although the position is past it. Only if the results prove it: it has none, while
-- the requests before and after it have theirs; or the result for its ID names an order that is not in it.
local function is_new(entry)
  local target = entry[1]
  if not newest or less(newest.request, target) then return false end
  if target ~= newest.request and not less(start, target) then return false end
  local _, named = answer(target)
  if not named then return complete() end
  return not decides(named, entry)
end

-- The newest entry before this new one that is not new; nil if there is none. No binary search: if requests overtook
-- others, there may be more new entries before it.
local function newest_old(entry)
  local unproven = less(start, entry[1]) and start or '(' .. entry[1] -- all up to here
  local at, named = answer(entry[1])
  while true do
    -- Another order had this ID before.
    if named and named.request == entry[1] then at, named = naming('XREVRANGE', '(' .. at, '(' .. floor) end
    local before = ask('XREVRANGE', orders, named and named.request or '(' .. entry[1], '(' .. start, 'COUNT', '1')[1]
    if before and not (named and named.request == before[1]) then at, named = answer(before[1]) end
    -- Without a result up to here, all of them are new, or none can be proved to be.
    if not before or not named and complete() then return ask('XREVRANGE', orders, unproven, '-', 'COUNT', '1')[1] end
    if not named or decides(named, before) then return before end
    entry = before
  end
end

local behind = length > 0 and less(last, id)
local before = last_entry
if length > 0 and less(id, last_entry[1]) then before = ask('XREVRANGE', orders, id, '-', 'COUNT', '1')[1] end
if before and is_new(before) then
  local old = newest_old(before)
  done, wrong, id, behind = 'restarted', id, old and old[1] or '0-0', false
  local newest_entry = ask('XREVRANGE', results, '+', '-', 'COUNT', '1')[1]
  floor, start, result, count = newest_entry and newest_entry[1] or floor, id, '', 0
  base = id == '0-0' and added - length or nil
elseif behind and done == '' then
  done = 'behind'
end

-- Entries that were added, but neither settled nor still there, were deleted before they were settled.
local waiting, deleted = -1, 0
local all_settled = length == 0 or not less(id, last_entry[1])
if all_settled or less(id, first_entry[1]) then
  waiting = all_settled and 0 or length
  -- A missing or old stream may be replaced by the right one again.
  if added > 0 and not behind or done == 'created' then
    local excess = base and added - waiting - (count + base) or 0
    if excess > 0 then deleted = excess end
    -- Fewer than were settled: the stream was recreated.
    if not base or excess ~= 0 then base = added - waiting - count end
  end
elseif base then
  waiting = math.max(added - (count + base), 0)
end

local write = {}
local function put(name, value)
  if not value or value == stored[name] then return end
  write[#write + 1] = name
  write[#write + 1] = value
end
put('id', id)
put('count', number(count))
put('result', result)
put('base', base and number(base) or stored.base and '')
if deleted > 0 then put('deleted', number((integer(stored.deleted) or 0) + deleted)) end
if floor ~= '0-0' then put('floor', floor) end
if start ~= '0-0' or stored.start then put('start', start) end
if #write > 0 then
  local set = attempt('HSET', position, unpack(write))
  if type(set) == 'table' then return failed(set, position) end
end
return { id, number(count), number(waiting), done, wrong, number(deleted), base and number(count + base) or '' }
