#!lua
-- settle.lua: decides one order and writes its result, its stock change, its record and its acknowledgement in one step.
--
-- KEYS  1 orders stream   2 results stream   3 the order's record   4.. one stock key for each line
-- ARGV  1 group   2 request (the entry's id)   3 order id   4 digest of the order's content, 16 bytes
--       5 dedup window in ms, '0': keep no record
--       6 gate: '1' the entry must be pending, '0' it is known to be gone from the stream
--       7.. two for each line: quantity, head of the line's JSON: '{"sku":"shoe","quantity":3,'
--       last, where there is one: the customer
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
-- away by ACL SETUSER, an entry no longer pending), what stands before it is taken back.
-- '#!lua' makes the server refuse the whole call when it is out of memory or read-only, instead of a step in its middle.
--
-- An order that can be met takes the short way at the top. It defines no function, because making one costs the server as
-- much as a GET; and it leaves the strict check of a number's form to DECRBY, which takes nothing but plain decimal digits.
--
-- A group that was set back delivers again what was answered. An order's record names its request, and so tells. A duplicate,
-- a reused id, and every order where no records are kept, leave none: their requests are marked, in a sorted set beside the
-- position (lua/position.lua, which drops the marks that the position has passed).

local attempt, keys, args = server.pcall, KEYS, ARGV -- a global costs a look-up at each use
local request, window = args[2], args[5]
local kMaxWhole = 9007199254740991 -- 2^53-1: a Lua number is a double

local count = #keys - 3 -- lines
local customer = args[7 + 2 * count]
if count < 1 or #args ~= 6 + 2 * count + (customer and 1 or 0) then
  -- A missing argument would be found only half-way through the writes.
  return server.error_reply('ERR keys and arguments do not match: ' .. #keys .. ' and ' .. #args)
end
local known = window ~= '0' and attempt('GET', keys[3])
-- marked: 1, 0 where the request was answered before, or an error.
-- beside: where position and marks are. They are not among KEYS, of which each costs at every call.
local mark, marked, beside = nil, nil, nil
if known or window == '0' then
  beside = keys[1] .. ':' .. args[1]
  mark = function()
    local time = string.match(request, '^%d+')
    local settled = attempt('HGET', beside .. ':position', 'settled')
    settled = type(settled) == 'string' and tonumber(string.match(settled, '^%d+')) or 0
    if tonumber(time) < settled then
      -- Unless the stream was begun anew with lower ids, and the position is of the old one.
      local stream = attempt('XINFO', 'STREAM', keys[1])
      for i = 1, #stream, 2 do
        if stream[i] == 'last-generated-id' and tonumber(string.match(stream[i + 1], '^%d+')) >= settled then return 0 end
      end
    end
    local before = attempt('ZSCORE', beside .. ':answered:before', request)
    if before then return type(before) == 'string' and 0 or before end
    return attempt('ZADD', beside .. ':answered', time, request)
  end
  if not known then marked = mark() end
end
local met = not known and (not marked or marked == 1)
if met then
  for i = 1, count do
    local have, want = attempt('GET', keys[3 + i]), args[5 + 2 * i]
    -- One piece, the usual quantity, is there where the stock is a number that is not 0. That it is one, DECRBY will say.
    if not have or want ~= '1' or have == '0' or #have == 0 or #have > 15 then
      have, want = tonumber(have), tonumber(want)
      if not have or not want or want < 1 or have < want or have > kMaxWhole then
        met = false
        break
      end
    end
  end
end

local taken, result, recorded, trouble, troubled = 0, nil, false, nil, nil
if met then
  local lines = ''
  for i = 1, count do
    local left = attempt('DECRBY', keys[3 + i], args[5 + 2 * i])
    if type(left) ~= 'number' then
      trouble, troubled = left, keys[3 + i]
      break
    end
    taken = i
    if left < 0 then
      trouble, troubled = { err = 'ERR two lines of the order name it and ask for more than there is' }, keys[3 + i]
      break
    end
    lines = lines .. (i == 1 and '[' or ',') .. args[6 + 2 * i] .. '"remaining":'
      .. string.format('%d', left) .. (i == count and '}]' or '}')
  end
  if not trouble then
    if not customer then
      result = attempt('XADD', keys[2], '*', 'order', args[3], 'request', request, 'status', 'accepted', 'lines', lines)
    else
      result = attempt('XADD', keys[2], '*', 'order', args[3], 'request', request, 'status', 'accepted', 'lines', lines,
        'customer', customer)
    end
    if type(result) ~= 'string' then
      trouble, troubled, result = result, keys[2], nil
    elseif window ~= '0' then
      local kept = attempt('PSETEX', keys[3], window, args[4] .. 'a' .. result .. ' ' .. request)
      if kept.err then trouble, troubled = kept, keys[3] else recorded = true end
    end
    if not trouble then
      local acked = attempt('XACK', keys[1], args[1], request)
      if acked == 1 or (acked == 0 and args[6] == '0') then return 'accepted' end
      trouble, troubled = acked, keys[1]
    end
  end
end

-- Everything else: the order cannot be met, is known already, or met with trouble.
local call, find = server.call, string.find
-- Last written, first taken back: where a right to do so is missing, stock and result still agree.
if recorded then call('DEL', keys[3]) end
if result then call('XDEL', keys[2], result) end
for i = 1, taken do call('DECRBY', keys[3 + i], '-' .. args[5 + 2 * i]) end
local function unmark()
  if marked == 1 then call('ZREM', beside .. ':answered', request) end
end

local function failed(reply, key)
  unmark()
  local word, text = string.match(reply.err, '^(%S+) ?(.*)$')
  if find(text, '^ACL failure') then word = 'NOPERM' end -- inside a script the server says ERR
  return server.error_reply(word .. ' key ' .. key .. ': ' .. text)
end

-- Answered before, and delivered again.
local function again()
  call('XACK', keys[1], args[1], request)
  return 'stale'
end

-- Why XACK found nothing to acknowledge.
local function late()
  unmark()
  local pending = attempt('XPENDING', keys[1], args[1])
  if pending.err then
    if find(pending.err, '^NOGROUP') then return 'nogroup' end
    return failed(pending, keys[1])
  end
  local entry = attempt('XRANGE', keys[1], request, request)
  if entry.err then return failed(entry, keys[1]) end
  if #entry == 0 then return 'gone' end
  return 'stale'
end

-- Writes a result that moves no stock, and acknowledges. Answers the result's id or, behind a nil, what to answer instead.
local function answer(...)
  local id
  if not customer then
    id = attempt('XADD', keys[2], '*', 'order', args[3], 'request', request, 'status', ...)
  else
    id = attempt('XADD', keys[2], '*', 'order', args[3], 'request', request, 'customer', customer, 'status', ...)
  end
  if type(id) ~= 'string' then return nil, failed(id, keys[2]) end
  local acked = attempt('XACK', keys[1], args[1], request)
  if acked == 1 or (acked == 0 and args[6] == '0') then return id end
  call('XDEL', keys[2], id)
  if type(acked) == 'table' then return nil, failed(acked, keys[1]) end
  return nil, late()
end

if marked == 0 then return again() end
if type(marked) == 'table' then return failed(marked, beside .. ':answered') end
if trouble == 0 then return late() end

if known then
  if type(known) ~= 'string' then return failed(known, keys[3]) end
  local digest, outcome, original, first = string.match(known, '^(................)([ar])(%d+%-%d+) (%d+%-%d+)$')
  if not digest then return server.error_reply('WRONGTYPE key ' .. keys[3] .. ': this is not the record of an order') end
  if first == request then return again() end
  marked = mark()
  if marked == 0 then return again() end
  if type(marked) == 'table' then return failed(marked, beside .. ':answered') end
  if digest ~= args[4] then
    local id, instead = answer('rejected', 'reason', 'id_reused')
    return id and 'id_reused' or instead
  end
  local id, instead = answer('duplicate', 'outcome', outcome == 'a' and 'accepted' or 'rejected', 'original', original)
  return id and 'duplicate' or instead
end

-- Which line cannot be met, and why: the first one gives the reason, all of them say what there is.
local reason, lines = nil, ''
for i = 1, count do
  local have, want = attempt('GET', keys[3 + i]), args[5 + 2 * i]
  local n, why = nil, nil
  if not find(want, '^[1-9]%d*$') or tonumber(want) > kMaxWhole then
    unmark()
    return server.error_reply('ERR the quantity of line ' .. i .. ' is not a whole number from 1 to 2^53-1')
  elseif not have then
    why = 'unknown_sku'
  elseif type(have) == 'table' and not find(have.err, '^WRONGTYPE') then
    return failed(have, keys[3 + i])
  elseif type(have) == 'table' or #have > 16 or not (have == '0' or find(have, '^[1-9]%d*$')) or tonumber(have) > kMaxWhole then
    why = 'bad_stock'
  else
    n = have
    if tonumber(have) < tonumber(want) then why = 'insufficient_stock' end
  end
  reason = reason or why
  lines = lines .. (i == 1 and '[' or ',') .. args[6 + 2 * i] .. '"available":' .. (n or 'null') .. (i == count and '}]' or '}')
end
if not reason then return failed(trouble, troubled) end

local id, instead = answer('rejected', 'reason', reason, 'lines', lines)
if not id then return instead end
if window ~= '0' then
  -- Last, because nothing hangs on it: should it be refused, a retry is decided anew.
  attempt('PSETEX', keys[3], window, args[4] .. 'r' .. id .. ' ' .. request)
end
return reason
