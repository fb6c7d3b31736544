#!lua
-- join.lua: finds out where to go on: reads the position, creates it at the first start, and repairs it where somebody
-- deleted it, moved it by hand, or recreated the stream. Called before a lane begins to read, and when something looks odd.
--
-- KEYS  1 position   2 orders stream   3 results stream
--
-- Answers { id to go on from, count, requests waiting or -1 where that is not known, what was done, the ID that was wrong,
--           entries found deleted before they were settled }
-- What was done: '' nothing; 'created' never served before; 'recovered' the key was gone, the newest result names the
-- position; 'restored' the key was moved by hand, likewise; 'restarted' the stream was recreated with smaller IDs;
-- 'behind' it ends before the position, but what it holds was settled before: it is left alone.
--
-- The position is a hash:
--   id, count, result   of the last settled request: its ID, how many were settled, the ID of its result (settle.lua)
--   base      entries-added of the stream when count was 0; absent while not known. A recreated stream counts again.
--   deleted   entries that were deleted before they were settled, as far as noticed here
--   floor     where the stream was recreated with smaller IDs: results up to this one answered the stream before it
--
-- Why the results can say where the position was: each is written in the same step as the position, in the order of the
-- requests. XINFO STREAM copies the first and the last entry, which may be large: hence only here, never periodically.

local server = redis
local attempt, call = server.pcall, server.call
local position, orders, results = KEYS[1], KEYS[2], KEYS[3]
-- include lib/failed.lua
-- include lib/fields.lua
-- include lib/less.lua

local function is_id(text) return text and string.find(text, '^%d+%-%d+$') ~= nil end

local read = attempt('HGETALL', position)
if read.err then return failed(read, position) end
local held = fields(read)
local floor = held.floor or '0-0'

-- The request that the newest result after the floor answers, and the newest entry of any kind.
local newest, newest_result, newest_entry = nil, nil, '0-0'
local from = '+'
repeat
  local page = attempt('XREVRANGE', results, from, '(' .. floor, 'COUNT', '100')
  if page.err then return failed(page, results) end
  for _, entry in ipairs(page) do
    if newest_entry == '0-0' then newest_entry = entry[1] end
    local request = fields(entry[2]).request
    if is_id(request) then
      newest, newest_result = request, entry[1]
      break
    end
    from = '(' .. entry[1]
  end
until newest or #page < 100

local id, done, wrong = held.id, '', ''
if not is_id(id) then
  done, wrong = newest and 'recovered' or 'created', id or ''
  id = newest or '0-0'
elseif newest then
  -- The result of the last settled request is named in the hash: does it answer the request that the hash names?
  local proof = is_id(held.result) and call('XRANGE', results, held.result, held.result) or {}
  local moved = #proof > 0 and fields(proof[1][2]).request ~= id
  if moved or less(id, newest) then done, wrong, id = 'restored', id, newest end
end
local count, base = tonumber(held.count) or 0, tonumber(held.base)
if done == 'recovered' or done == 'created' then count, base = 0, nil end

local stream = attempt('XINFO', 'STREAM', orders)
if stream.err then
  if not string.find(stream.err, '^ERR no such key') then return failed(stream, orders) end
  stream = {}
end
local info = fields(stream)
local length, added, last = info.length or 0, info['entries-added'] or 0, info['last-generated-id'] or '0-0'
local first_entry, last_entry = info['first-entry'], info['last-entry']

-- Was the entry settled? Looks for a result of its ID by bisection over the times of the results, whose requests increase.
local function settled(entry)
  local function at(ms) -- the first result of a request from this time on: the request and the result's fields
    local start = string.format('%.0f', ms)
    repeat
      local page = call('XRANGE', results, start, '+', 'COUNT', '100')
      for _, result in ipairs(page) do
        local named = fields(result[2])
        if is_id(named.request) and less(floor, result[1]) then return named.request, named end
        start = '(' .. result[1]
      end
    until #page < 100
  end
  local oldest = call('XRANGE', results, '(' .. floor, '+', 'COUNT', '1')
  if #oldest == 0 then return false end
  local low, high = tonumber(string.match(oldest[1][1], '^%d+')), tonumber(string.match(newest_entry, '^%d+')) + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    local request = at(middle)
    if not request or not less(request, entry[1]) then high = middle else low = middle + 1 end
  end
  -- The result is among those of the millisecond before, or it is the first from `low` on.
  local start = string.format('%.0f', math.max(low - 1, 0))
  repeat
    local page = call('XRANGE', results, start, '+', 'COUNT', '100')
    for _, result in ipairs(page) do
      local named = fields(result[2])
      if named.request == entry[1] and less(floor, result[1]) then
        -- The same ID may have been given again, to another order.
        return string.find(table.concat(entry[2], ' '), named.order or '', 1, true) ~= nil
      end
      if is_id(named.request) and less(entry[1], named.request) then return false end
      start = '(' .. result[1]
    end
  until #page < 100
  return false
end

local restart_floor = nil
local result = done ~= '' and newest_result or held.result or ''
if length > 0 and less(last, id) then
  if settled(last_entry) then
    done = done == '' and 'behind' or done
  else
    done, wrong, id, count, base, restart_floor = 'restarted', id, '0-0', 0, added - length, newest_entry
    if restart_floor == '0-0' then restart_floor = floor end
    result = ''
  end
end

-- Entries that were added, but neither settled nor still there, were deleted before they were settled.
local waiting, deleted = -1, 0
local all_settled = length == 0 or not less(id, last_entry[1])
local none_settled = not all_settled and less(id, first_entry[1])
if all_settled or none_settled then
  waiting = all_settled and 0 or length
  local excess = base and added - waiting - (count + base) or 0
  if excess > 0 then deleted = excess end
  -- Fewer than were settled: the stream was recreated.
  if not base or excess ~= 0 then base = added - waiting - count end
elseif base then
  waiting = math.max(added - (count + base), 0)
end

local function number(n) return string.format('%.0f', n) end
local write = { 'HSET', position, 'id', id, 'count', number(count), 'result', result }
local function add(name, value)
  write[#write + 1] = name
  write[#write + 1] = value
end
if base then add('base', number(base)) end
if deleted > 0 then add('deleted', number((tonumber(held.deleted) or 0) + deleted)) end
if restart_floor then add('floor', restart_floor) end
if id ~= held.id or count ~= tonumber(held.count) or base ~= tonumber(held.base) or deleted > 0 or restart_floor then
  local set = attempt(unpack(write))
  if type(set) == 'table' then return failed(set, position) end
end
return { id, number(count), number(waiting), done, wrong, number(deleted) }
