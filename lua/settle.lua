#!lua
-- settle.lua: decides one order and writes its result, its stock change, its record and its acknowledgement in one step.
--
-- KEYS  1 orders stream   2 results stream   3 the order's record   4.. one stock key for each line, no key twice
-- ARGV  1 group   2 request (the entry's id)   3 order id   4 digest of the order's content, 16 bytes
--       5 dedup window in ms, '0': keep no record   6 gate: '1' the entry must be pending, '0' it is known to be gone from the stream
--       7 customer, '' for none   8.. two for each line: quantity, head of the line's JSON: '{"sku":"shoe","quantity":3,'
--
-- Answers one of
--   accepted | insufficient_stock | unknown_sku | bad_stock | id_reused | duplicate   decided; the result is written
--   stale     settled already, nothing written
--   gone      neither pending nor in the stream any more, nothing written
--   nogroup   the group is missing, nothing written
-- or an error that names the key: nothing is written then either.
--
-- Lua rolls nothing back. So all that can be refused is read first; then come the stock, the result, the record and, last,
-- the acknowledgement, which tells whether the call came in time. Whatever a step refuses (a wrong type, a right taken
-- away by ACL SETUSER, an entry no longer pending), undo() takes back what stands before it.
-- '#!lua' makes the server refuse the whole call when it is out of memory or read-only, instead of a step in its middle.

local call, attempt, find = server.call, server.pcall, string.find
local orders, results, record = KEYS[1], KEYS[2], KEYS[3]
local group, request, order, digest, window = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local gate, customer = ARGV[6], ARGV[7]
local kMaxWhole = 9007199254740991 -- 2^53-1: a Lua number is a double

local function failed(reply, key)
  local word, text = string.match(reply.err, '^(%S+) ?(.*)$')
  return server.error_reply(word .. ' key ' .. key .. ': ' .. text)
end

local function publish(...)
  if customer == '' then
    return attempt('XADD', results, '*', 'order', order, 'request', request, 'status', ...)
  end
  return attempt('XADD', results, '*', 'order', order, 'request', request, 'customer', customer, 'status', ...)
end

-- Takes back the stock of the first `lines` lines, the result and the record: each where it was written.
local function undo(lines, result, recorded)
  for i = 1, lines do
    call('DECRBY', KEYS[3 + i], '-' .. ARGV[6 + 2 * i])
  end
  if result then call('XDEL', results, result) end
  if recorded then call('DEL', record) end
end

-- Why XACK found nothing to acknowledge.
local function late(acked)
  if type(acked) == 'table' then return failed(acked, orders) end
  local pending = attempt('XPENDING', orders, group)
  if pending.err then
    if find(pending.err, '^NOGROUP') then return 'nogroup' end
    return failed(pending, orders)
  end
  local entry = attempt('XRANGE', orders, request, request)
  if entry.err then return failed(entry, orders) end
  if #entry == 0 then return 'gone' end
  return 'stale'
end

-- Writes a result that moves no stock, and acknowledges.
local function answer(verdict, ...)
  local result = publish(...)
  if type(result) == 'table' then return failed(result, results) end
  local acked = attempt('XACK', orders, group, request)
  if acked == 1 or (acked == 0 and gate == '0') then return verdict, result end
  undo(0, result)
  return late(acked)
end

-- The order's record: digest, 'a' or 'r', id of the result, id of the request.
local function remember(outcome, result)
  return attempt('SET', record, digest .. outcome .. result .. ' ' .. request, 'PX', window)
end

if window ~= '0' then
  local known = attempt('GET', record)
  if known then
    if type(known) == 'table' then return failed(known, record) end
    local was, outcome, original, first = string.match(known, '^(................)([ar])(%d+%-%d+) (%d+%-%d+)$')
    if not was then return server.error_reply('WRONGTYPE key ' .. record .. ': this is not the record of an order') end
    if first == request then
      -- The very entry that was decided: a group created anew has delivered it again.
      call('XACK', orders, group, request)
      return 'stale'
    end
    if was ~= digest then return (answer('id_reused', 'rejected', 'reason', 'id_reused')) end
    return (answer('duplicate', 'duplicate', 'outcome', outcome == 'a' and 'accepted' or 'rejected', 'original', original))
  end
end

local count = #KEYS - 3
local stock, quantity, reason = {}, {}, nil
for i = 1, count do
  local have, want = attempt('GET', KEYS[3 + i]), ARGV[6 + 2 * i]
  local n, q, why = nil, tonumber(want), nil
  if not q or q > kMaxWhole or not find(want, '^[1-9]%d*$') then
    return server.error_reply('ERR the quantity of line ' .. i .. ' is not a whole number from 1 to 2^53-1')
  end
  if not have then
    why = 'unknown_sku'
  elseif type(have) == 'table' then
    if not find(have.err, '^WRONGTYPE') then return failed(have, KEYS[3 + i]) end
    why = 'bad_stock'
  elseif have == '0' then
    n, why = 0, 'insufficient_stock'
  elseif #have > 16 or not find(have, '^[1-9]%d*$') or tonumber(have) > kMaxWhole then
    why = 'bad_stock'
  else
    n = tonumber(have)
    if n < q then why = 'insufficient_stock' end
  end
  stock[i], quantity[i], reason = n, q, reason or why
end

if reason then
  local lines = {}
  for i = 1, count do
    lines[i] = ARGV[7 + 2 * i] .. '"available":' .. (stock[i] and string.format('%.0f', stock[i]) or 'null') .. '}'
  end
  local verdict, result = answer(reason, 'rejected', 'reason', reason, 'lines', '[' .. table.concat(lines, ',') .. ']')
  -- Last, because nothing hangs on it: a record that could not be kept leaves the retry to be decided anew.
  if result and window ~= '0' then remember('r', result) end
  return verdict
end

local lines = nil
for i = 1, count do
  local left = stock[i] - quantity[i]
  local now = attempt('DECRBY', KEYS[3 + i], ARGV[6 + 2 * i])
  if now ~= left then
    if type(now) == 'table' then
      undo(i - 1)
      return failed(now, KEYS[3 + i])
    end
    undo(i)
    return server.error_reply('ERR key ' .. KEYS[3 + i] .. ' stands for two lines')
  end
  local line = ARGV[7 + 2 * i] .. '"remaining":' .. (left < 1e14 and left or string.format('%.0f', left)) .. '}'
  lines = lines and lines .. ',' .. line or line
end
local result = publish('accepted', 'lines', '[' .. lines .. ']')
if type(result) == 'table' then
  undo(count)
  return failed(result, results)
end
if window ~= '0' then
  local kept = remember('a', result)
  if kept.err then
    undo(count, result)
    return failed(kept, record)
  end
end
local acked = attempt('XACK', orders, group, request)
if acked == 1 or (acked == 0 and gate == '0') then return 'accepted' end
undo(count, result, window ~= '0')
return late(acked)
