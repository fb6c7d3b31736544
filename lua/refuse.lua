#!lua
-- refuse.lua: the result of a request that is no order: a malformed one, or one whose entry was deleted before it was read.
--
-- KEYS  1 orders stream   2 results stream   3 dead-letter stream
-- ARGV  1 group   2 request (the entry's id)   3 gate, as in settle.lua   4 order id, '' where none could be read
--       5 reason: 'malformed' or 'request_lost'   6 detail, one sentence, '' for none   7 customer, '' for none
--       8.. the raw fields, names and values in turn (malformed only): they are copied to the dead-letter stream
--
-- Answers the reason, or stale | gone | nogroup, or an error that names the key, all as settle.lua does.
-- No record tells that the request was answered, should it be delivered again: it is marked, as in settle.lua.
-- At most 7,000 raw names and values: unpack() fails near 8,000.
-- More are an error: nothing is written then.

local call, attempt = server.call, server.pcall
local orders, results, dead = KEYS[1], KEYS[2], KEYS[3]
local group, request, gate, order, reason, detail, customer = unpack(ARGV, 1, 7)

local beside = orders .. ':' .. group
-- 1, 0 where the request was answered before, or an error. As in settle.lua.
local function mark()
  local time = string.match(request, '^%d+')
  local settled = attempt('HGET', beside .. ':position', 'settled')
  settled = type(settled) == 'string' and tonumber(string.match(settled, '^%d+')) or 0
  if tonumber(time) < settled then
    local stream = attempt('XINFO', 'STREAM', orders)
    for i = 1, #stream, 2 do
      if stream[i] == 'last-generated-id' and tonumber(string.match(stream[i + 1], '^%d+')) >= settled then return 0 end
    end
  end
  local before = attempt('ZSCORE', beside .. ':answered:before', request)
  if before then return type(before) == 'string' and 0 or before end
  return attempt('ZADD', beside .. ':answered', time, request)
end

local marked = nil
local function unmark()
  if marked == 1 then call('ZREM', beside .. ':answered', request) end
end

local function failed(reply, key)
  unmark()
  local word, text = string.match(reply.err, '^(%S+) ?(.*)$')
  if string.find(text, '^ACL failure') then word = 'NOPERM' end -- inside a script the server says ERR
  return server.error_reply(word .. ' key ' .. key .. ': ' .. text)
end

if #ARGV > 7007 then
  return server.error_reply('ERR there are more than 7000 raw names and values: ' .. #ARGV - 7)
end

local fields = { 'order', order, 'request', request }
local function add(name, value)
  if value ~= '' then
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
end
add('customer', customer)
add('status', 'rejected')
add('reason', reason)
add('detail', detail)

marked = mark()
if marked == 0 then
  call('XACK', orders, group, request)
  return 'stale'
end
if type(marked) == 'table' then return failed(marked, beside .. ':answered') end
local result = attempt('XADD', results, '*', unpack(fields))
if type(result) == 'table' then return failed(result, results) end

local letter = nil
if reason == 'malformed' then
  letter = attempt('XADD', dead, '*', 'request', request, 'result', result, 'detail', detail, unpack(ARGV, 8))
  if type(letter) == 'table' then
    call('XDEL', results, result)
    return failed(letter, dead)
  end
end

local acked = attempt('XACK', orders, group, request)
if acked == 1 or (acked == 0 and gate == '0') then return reason end
if letter then call('XDEL', dead, letter) end
call('XDEL', results, result)
if type(acked) == 'table' then return failed(acked, orders) end
unmark()
local pending = attempt('XPENDING', orders, group)
if pending.err then
  if string.find(pending.err, '^NOGROUP') then return 'nogroup' end
  return failed(pending, orders)
end
local entry = attempt('XRANGE', orders, request, request)
if entry.err then return failed(entry, orders) end
if #entry == 0 then return 'gone' end
return 'stale'
